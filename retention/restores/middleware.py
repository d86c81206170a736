"""Keeps a restored database from serving until its tombstones are replayed."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kit import readiness
from kit.http import pages
from kit.refusals import Refused

_ALWAYS = ("/healthz", "/readyz", "/static/")


class NotServing(Refused):
    """This process may not serve anyone yet."""

    status = 503


class RestoreGuard:
    """Answers 503 with the reason, before any session or tenant is looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Lets the probes of a load balancer through; they say it themselves."""
        if not request.path.startswith(_ALWAYS) and (says := readiness.refusal()):
            return pages.refused(request, NotServing(says))
        return self._get_response(request)
