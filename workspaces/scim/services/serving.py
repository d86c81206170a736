"""Answers one request of a workspace's provider, whatever it sends.

Limits first, then what providers do otherwise, then the core on our store. Whatever is
refused is a SCIM error; what nobody foresaw is a 500 that tells nothing and changed
nothing.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from kit.actor import Actor, ActorKind
from workspaces.keys.models import TokenScope
from workspaces.keys.selectors import PresentedToken
from workspaces.roles.matrix import Role, permissions_of
from workspaces.scim import core, reading
from workspaces.scim.services.handler import Handler
from workspaces.scim.services.people import Writer
from workspaces.scim.services.store import Store
from workspaces.scim.services.users import LastOwnerStays
from workspaces.tenancy.selectors import WorkspaceRef

_log = logging.getLogger(__name__)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, of which workspace, and how far their token goes."""

    actor: Actor
    workspace: WorkspaceRef
    scope: TokenScope


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One request, independent of the web."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back; `is_recorded` says that the log has this refusal already."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    outcome: str = ""
    is_recorded: bool = False


def base_url(workspace: WorkspaceRef) -> str:
    """Where the provider of a workspace asks; from the settings, never a request."""
    return f"{settings.CUSTOS_BASE_URL}/scim/v2/{workspace.public_id}"


def caller_with(token: PresentedToken, *, ip: str, user_agent: str) -> Caller:
    """The provider behind a token: it may do what provisioning has to."""
    workspace = token.workspace
    actor = Actor(
        kind=ActorKind.SERVICE,
        id=str(token.public_id),
        label="SCIM",
        organization_id=workspace.organization.id,
        workspace_id=workspace.id,
        permissions=permissions_of(role=Role.OWNER, plan=workspace.plan),
        ip=ip,
        user_agent=user_agent[:400],
    )
    return Caller(actor=actor, workspace=workspace, scope=token.scope)


def serve(*, caller: Caller, incoming: Incoming, at: datetime) -> Answer:
    """The answer to a request that may come in."""
    workspace = caller.workspace
    service = core.Service(
        secret=f"scim {workspace.public_id} {settings.SECRET_KEY}",
        may_groups=caller.scope == TokenScope.USERS_AND_GROUPS,
    )
    try:
        request = _request(service, workspace, incoming)
        store = Store(
            Writer(actor=caller.actor, workspace=workspace, at=at),
            writes=_writes(incoming, request.path),
        )
        shows = bool({"attributes", "excludedAttributes"} & set(request.query))
        handler = Handler(service, store, shows_result=shows)
        return _answer(handler.handle(request))
    except core.SCIMException as refusal:
        return _refused(service, refusal)
    except IntegrityError:
        # The second line behind the checks under the lock.
        return _refused(service, core.UniquenessException())
    except Exception as fault:  # noqa: BLE001 -- the provider must get an answer
        # The type alone: the text may hold what the provider sent.
        _log.error("A SCIM request failed: %s", type(fault).__name__)
        return _refused(service, fault)


def refused(status_of: core.SCIMException) -> Answer:
    """An answer to a request that does not come in."""
    return _refused(core.Service(secret="none", may_groups=False), status_of)  # noqa: S106


def _request(
    service: core.ScimService, workspace: WorkspaceRef, incoming: Incoming
) -> core.ScimRequest:
    """What the core gets: an address that is there, then a body that can be read."""
    request = core.ScimRequest(
        method=incoming.method,
        base_url=base_url(workspace),
        path=reading.path(incoming.path),
        query=reading.query(incoming.query),
        headers=dict(incoming.headers),
    )
    service.match(request)
    request.body = reading.body(
        request.method,
        request.path,
        request.header("Content-Type") or "",
        incoming.body,
    )
    return request


def _writes(incoming: Incoming, path: str) -> bool:
    return incoming.method not in _READS and not path.lower().endswith(".search")


def _refused(service: core.ScimService, refusal: Exception) -> Answer:
    outcome = refusal.scim_type if isinstance(refusal, core.SCIMException) else ""
    return _answer(
        service.error_response(refusal),
        outcome=outcome,
        is_recorded=isinstance(refusal, LastOwnerStays),
    )


def _answer(
    response: core.ScimResponse, *, outcome: str = "", is_recorded: bool = False
) -> Answer:
    return Answer(
        status=int(response.status),
        body=b"" if response.body is None else _encoded(response.body),
        headers=response.headers,
        outcome=outcome,
        is_recorded=is_recorded,
    )


def _encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
