"""Tells the audit log what was refused to somebody known, after the request ended.

Known is a person with a session, an API key, or the token of an identity provider.
What a stranger is refused has no log that it belongs to. By the time the answer is
there every transaction of the request has ended; a refusal that cannot be recorded is
still a refusal.
"""

import logging
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.http import Http404, HttpResponseBase

from audit.denials import services
from audit.denials.rules import Because, Denial
from audit.log.details import DetailsAreGone
from audit.log.selectors import NoSuchLog
from kit import clock, limits
from kit.actor import Actor, ActorKind
from kit.permissions import PermissionDenied
from workspaces.keys.authentication import ScopeIsMissing
from workspaces.keys.selectors import PresentedKey, PresentedToken
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

ASKED = "workspaces.access.asked"
# What is refused by its network is told apart: there is a rule about it.
KEY_USED = "workspaces.api-key.used"
TOKEN_USED = "workspaces.scim-token.used"  # noqa: S105 -- the name of an act
_REFUSALS = frozenset({401, 403, 429})
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_LONGEST_AGENT = 400
logger = logging.getLogger(__name__)


def remember(request: Any, refusal: Exception) -> None:
    """Keeps what was raised until the answer is there."""
    request.refusal = refusal


def elsewhere(request: Any) -> Http404:
    """The 404 of a tenant that the person does not belong to, or that is not there."""
    error = Http404()
    request.refusal = request.refused_tenant = error
    return error


def note(request: Any, response: HttpResponseBase) -> None:
    """Records the refusal that `response` is, if it is one to somebody known."""
    if not _is_refusal(request, response):
        return
    denial = _of(request, response.status_code)
    if denial is None:
        return
    try:
        services.note(denial=denial, at=clock.now())
    except (DatabaseError, NoSuchLog, DetailsAreGone) as error:
        logger.error("a refusal is not recorded: %s", type(error).__name__)


def _is_refusal(request: Any, response: HttpResponseBase) -> bool:
    if getattr(request, "refusal_is_recorded", False):
        return False  # by what refused it, with more than is known here
    return response.status_code in _REFUSALS or hasattr(request, "refused_tenant")


def _of(request: Any, status: int) -> Denial | None:
    because, named = _because(request, status)
    details = {"act": _act(request), "because": because.value}
    details |= {"permission": named} if named else {}
    caller = getattr(request, "caller", None)
    if caller is not None:
        return _of_key(request.actor, caller, because, details)
    token = getattr(request, "token", None)
    if token is not None:
        return _of_token(_provider(request, token), token, because, details)
    return _of_person(request, details)


def _of_key(
    actor: Actor, key: PresentedKey, because: Because, details: dict[str, str]
) -> Denial:
    return Denial(
        actor=actor,
        action=KEY_USED if because is Because.NETWORK else ASKED,
        target_kind="api_key",
        target=key.public_id,
        organization_id=key.organization.id,
        workspace=key.workspace.public_id if key.workspace else None,
        address=limits.asker_at(actor.ip),
        details=details,
    )


def _of_token(
    actor: Actor, token: PresentedToken, because: Because, details: dict[str, str]
) -> Denial:
    return Denial(
        actor=actor,
        action=TOKEN_USED if because is Because.NETWORK else ASKED,
        target_kind="scim_token",
        target=token.public_id,
        organization_id=token.workspace.organization.id,
        workspace=token.workspace.public_id,
        address=limits.asker_at(actor.ip),
        details=details,
    )


def _of_person(request: Any, details: dict[str, str]) -> Denial | None:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.kind is not ActorKind.USER:
        return None
    workspace, organization = _place(request)
    if organization is None:
        return None
    return Denial(
        actor=actor,
        action=ASKED,
        target_kind="workspace" if workspace else "organization",
        target=workspace.public_id if workspace else organization.public_id,
        organization_id=organization.id,
        workspace=_uuid(workspace),
        address=limits.asker_at(actor.ip),
        details=details,
    )


def _place(request: Any) -> tuple[WorkspaceRef | None, OrganizationRef | None]:
    """Where the person was refused; outside a tenant of theirs it is their own."""
    workspace: WorkspaceRef | None = getattr(request, "workspace", None)
    if workspace is not None:
        return workspace, workspace.organization
    organization = getattr(request, "organization", None)
    if organization is not None:
        return None, organization
    for access in getattr(request, "held", ()):
        return None, access.workspace.organization
    for found in getattr(request, "administrations", ()):
        return None, found.organization
    return None, None


def _because(request: Any, status: int) -> tuple[Because, str]:
    """Why, and the permission or scope that was missing."""
    refusal = getattr(request, "refusal", None)
    if hasattr(request, "refused_tenant"):
        return Because.TENANT, ""
    if getattr(request, "refused_network", False):
        return Because.NETWORK, ""
    if isinstance(refusal, PermissionDenied):
        return Because.PERMISSION, refusal.permission.value
    if isinstance(refusal, ScopeIsMissing):
        return Because.SCOPE, refusal.scope.value
    if getattr(request, "refused_session", False):
        return Because.SESSION, ""
    return (Because.LIMIT if status == 429 else Because.OTHER), ""


def _act(request: Any) -> str:
    """The name of the page or operation, and how it was asked: names of ours."""
    match = request.resolver_match
    method = request.method if request.method in _METHODS else ""
    return f"{method} {match.view_name if match else ''}".strip()


def _provider(request: Any, token: PresentedToken) -> Actor:
    return Actor(
        kind=ActorKind.SERVICE,
        id=str(token.public_id),
        label="SCIM",
        ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("user-agent", "")[:_LONGEST_AGENT],
    )


def _uuid(workspace: WorkspaceRef | None) -> UUID | None:
    return workspace.public_id if workspace else None
