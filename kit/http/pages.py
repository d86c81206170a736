"""The pages of requests that were refused, not found, or failed.

They need no session, scope or database: what they would ask may be what failed. For
htmx the templates give the refusal part alone.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kit.permissions import PermissionDenied
from kit.refusals import Refused


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the address or the form cannot be read."""
    reason = str(exception) if isinstance(exception, Refused) else ""
    return _page(request, "errors/400.html", status=400, reason=reason)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the permission that is missing, and why."""
    if not isinstance(exception, PermissionDenied):
        return _page(request, "errors/403.html", status=403)
    return _page(request, "errors/403.html", status=403, reason=exception.reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404: not there or not yours, which look the same."""
    return _page(request, "errors/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours; it tells nothing but that."""
    return _page(request, "errors/500.html", status=500)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without our token, or with one of an older session."""
    sentence = _(
        "This form was opened in another session or in another browser window. "
        "Load its page again, then repeat the step."
    )
    return _page(request, "errors/400.html", status=403, reason=sentence)


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """What a service refused, with its sentence; a form shows its own instead."""
    if refusal.status == 404:
        return not_found(request, refusal)
    if refusal.status == 400:
        return bad_request(request, refusal)
    return _page(
        request, "errors/refused.html", status=refusal.status, reason=str(refusal)
    )


def _page(
    request: HttpRequest, template: str, *, status: int, **context: Any
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response
