"""Lets a program in by its API key, at the edge of every HTTP API.

The key stands in the Authorization header and nowhere else. Whatever is wrong with it
(unknown, expired, revoked, its owner gone, from a network that is not allowed) gives
one and the same 401, so that nothing can be learned by trying; what a good key may not
do gives 403 with the scope that is missing.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from kit import clock, scoping
from kit.actor import Actor, ActorKind
from kit.http import limited
from kit.limits import Limit
from kit.refusals import Refused
from workspaces.keys import limits, selectors
from workspaces.keys.scopes import Scope
from workspaces.keys.selectors import PresentedKey
from workspaces.keys.services import api_keys

PER_MINUTE = 600
# Keys have 256 random bits: this spares us lookups, it stops no guessing.
STRANGERS = Limit(name="api", most=60, every_seconds=1, when_down=True)
_LONGEST_HEADER = 200

logger = logging.getLogger(__name__)
ViewT = TypeVar("ViewT", bound=Callable[..., Any])


class KeyRequest(HttpRequest):
    """A request that a key has let in."""

    caller: PresentedKey
    actor: Actor


class KeyIsRefused(Refused):
    """There is no key in the request, or none that opens anything."""

    status = 401

    def __init__(self, *, was_presented: bool) -> None:
        super().__init__(
            _("Send a valid API key in the header “Authorization: Bearer …”.")
        )
        error = ', error="invalid_token"' if was_presented else ""
        self.headers = {"WWW-Authenticate": f'Bearer realm="Custos"{error}'}


class ScopeIsMissing(Refused):
    """The key works, and may not do this."""

    status = 403

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        super().__init__(
            _("This key lacks the scope “%s”: issue one that has it.") % scope.value
        )
        self.headers = {
            "WWW-Authenticate": 'Bearer realm="Custos", error="insufficient_scope",'
            f' scope="{scope.value}"'
        }


class TooManyRequests(Refused):
    """The key was used too often in this minute."""

    status = 429

    def __init__(self, *, wait: int) -> None:
        super().__init__(
            _("This key was used too often: try again in %d seconds.") % wait
        )
        self.headers = {"Retry-After": str(wait)}


class TooManyTries(Refused):
    """An address has come without a good key too often."""

    status = 429

    def __init__(self, *, wait: int) -> None:
        super().__init__(
            _("This address came without a valid key too often: wait %d seconds.")
            % wait
        )
        self.headers = {"Retry-After": str(wait)}


class Bearer(HttpBearer):
    """Authenticates an operation; `scope` is what its key must have, if anything."""

    def __init__(self, scope: Scope | None = None, *, per_minute: int = PER_MINUTE):
        super().__init__()
        self._scope = scope
        self._per_minute = per_minute

    def __call__(self, request: Any) -> PresentedKey:
        caller = caller_of(request, at=clock.now(), per_minute=self._per_minute)
        if self._scope is not None:
            demand(caller, self._scope)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> PresentedKey:
        """Never asked: `__call__` reads the header itself."""
        raise NotImplementedError


def caller_of(
    request: HttpRequest, *, at: datetime, per_minute: int = PER_MINUTE
) -> PresentedKey:
    """The key of a request, counted and noted as used.

    From here on the request says whose it is, also where it is refused: the middleware
    records that.
    """
    secret = bearer_of(request)
    found = selectors.presented_key(secret=secret, at=at) if secret else None
    if found is None:
        raise _refusal_of_stranger(request, was_presented=bool(secret))
    named: Any = request
    named.caller, named.actor = found, actor_of(found, request)
    with scoping.organization(organization_id=found.organization.id):
        is_welcome = selectors.may_come_from(found, ip=named.actor.ip)
        if is_welcome:
            api_keys.note_use(key=found, at=at)
    if not is_welcome:
        named.refused_network = True
        logger.info("key %s came from a network it may not use", found.public_id)
        raise KeyIsRefused(was_presented=True)
    if wait := limits.wait_of(key=found.public_id, per_minute=per_minute, at=at):
        raise TooManyRequests(wait=wait)
    return found


def demand(caller: PresentedKey, scope: Scope) -> None:
    """Refuses a key without `scope`, or whose owner may no longer give it."""
    if scope not in caller.scopes:
        raise ScopeIsMissing(scope)


def bearer_of(request: HttpRequest) -> str:
    """What the Authorization header presents; nothing for any other scheme."""
    header = request.headers.get("authorization", "")
    scheme, _space, secret = header.partition(" ")
    if len(header) > _LONGEST_HEADER or scheme.lower() != "bearer":
        return ""
    return secret.strip()


def actor_of(caller: PresentedKey, request: HttpRequest) -> Actor:
    """The key as an actor: it may what its scopes open and its owner still may."""
    return Actor(
        kind=ActorKind.SERVICE,
        id=str(caller.public_id),
        label=caller.name,
        organization_id=caller.organization.id,
        workspace_id=caller.workspace.id if caller.workspace else None,
        permissions=caller.permissions,
        ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("user-agent", "")[:400],
    )


def entering(view: ViewT) -> ViewT:
    """Opens the tenant of the key around an operation, as one transaction.

    What the operation returns must be read by then: no lazy querysets.
    """

    @wraps(view)
    def entered(request: KeyRequest, *args: Any, **kwargs: Any) -> Any:
        with _opened(request.caller):
            return view(request, *args, **kwargs)

    return entered  # type: ignore[return-value]


def _refusal_of_stranger(request: HttpRequest, *, was_presented: bool) -> Refused:
    """401, and 429 for an address that goes on without a good key."""
    wait = limited.wait_of(request, STRANGERS)
    return (
        TooManyTries(wait=wait) if wait else KeyIsRefused(was_presented=was_presented)
    )


def _opened(caller: PresentedKey) -> AbstractContextManager[scoping.Scope]:
    if caller.workspace is None:
        return scoping.organization(organization_id=caller.organization.id)
    return scoping.workspace(
        workspace_id=caller.workspace.id, organization_id=caller.organization.id
    )
