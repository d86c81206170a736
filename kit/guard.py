"""Marks every view with who may enter; a test refuses views without a mark.

The tenant middleware has resolved tenant and actor before a guarded view runs: a
stranger has already received 404. What is left here is the permission (403).
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Protocol, TypeVar

from django.http import HttpRequest, HttpResponseBase

from kit.actor import Actor
from kit.permissions import Permission

View = Callable[..., HttpResponseBase]
ViewT = TypeVar("ViewT", bound=View)


class Entry(StrEnum):
    """Who may enter a view."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    PERMITTED = "permitted"
    KEYED = "keyed"


class ActorRequest(HttpRequest):
    """A request whose actor the middleware has resolved."""

    actor: Actor


class Marked(Protocol):
    """A view with its mark."""

    custos_entry: Entry
    custos_permission: Permission | None

    def __call__(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


def public(view: ViewT) -> ViewT:
    """Anyone may enter, signed in or not."""
    return _mark(view, entry=Entry.PUBLIC, permission=None)


def signed_in(view: ViewT) -> ViewT:
    """Any signed-in person may enter; the middleware sends others to sign in."""
    return _mark(view, entry=Entry.SIGNED_IN, permission=None)


def keyed(view: ViewT) -> ViewT:
    """Programs with an API key may enter; the operation itself asks for the key."""
    return _mark(view, entry=Entry.KEYED, permission=None)


def about_session(view: ViewT) -> ViewT:
    """Any signed-in person, even where their session opens nothing else.

    For what ends or shows sessions: somebody who may not go on must still be able to.
    """
    view.custos_about_session = True  # type: ignore[attr-defined]
    return signed_in(view)


def requires(permission: Permission) -> Callable[[View], View]:
    """Members of the URL's tenant who hold `permission` may enter; others get 403."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: ActorRequest, *args: Any, **kwargs: Any) -> Any:
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        return _mark(guarded, entry=Entry.PERMITTED, permission=permission)

    return guard


def _mark(view: ViewT, *, entry: Entry, permission: Permission | None) -> ViewT:
    view.custos_entry = entry  # type: ignore[attr-defined]
    view.custos_permission = permission  # type: ignore[attr-defined]
    return view
