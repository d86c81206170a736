"""Answers 429 where an address has asked too often, with how long to wait."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kit import clock, limits
from kit.http import problem
from kit.limits import Limit

ViewT = TypeVar("ViewT", bound=Callable[..., Any])


def limited(
    limit: Limit, *, methods: frozenset[str] = frozenset()
) -> Callable[[ViewT], ViewT]:
    """Limits a view by the address that asks; `methods` names those that count."""

    def decorate(view: ViewT) -> ViewT:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not methods or request.method in methods:
                wait = wait_of(request, limit)
                if wait:
                    return page(request, wait)
            return view(request, *args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


def wait_of(request: HttpRequest, limit: Limit) -> int:
    """Take a token for the address that asks; the seconds to wait, 0 to go on."""
    asker = limits.asker_at(request.META.get("REMOTE_ADDR", ""))
    return limits.take(limit, asker=asker, at=clock.now())


def page(request: HttpRequest, wait: int) -> HttpResponse:
    """For people: what happened, and when to come back."""
    response = render(request, "errors/429.html", {"wait": wait}, status=429)
    return _said(response, wait)


def answer(wait: int) -> HttpResponse:
    """For programs."""
    text = _("Too many requests from this address. Try again in %d seconds.") % wait
    return _said(problem.response(status=429, detail=text), wait)


def _said(response: HttpResponse, wait: int) -> HttpResponse:
    response["Retry-After"] = str(wait)
    response["Cache-Control"] = "no-store"
    return response
