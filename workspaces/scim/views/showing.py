"""What the SCIM page shows, in words."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit.formatting import grouped
from kit.permissions import Permission
from workspaces.groups import selectors as groups
from workspaces.keys import selectors as keys
from workspaces.keys.models import ScimToken, TokenScope
from workspaces.roles.matrix import LABELS, Role
from workspaces.scim import documents, selectors
from workspaces.scim.models import Conflict, ScimRequest, ScimResource
from workspaces.scim.services import serving

_SCOPES = {
    TokenScope.USERS: _lazy("users only"),
    TokenScope.USERS_AND_GROUPS: _lazy("users and groups"),
}
_CONFLICTS = {
    Conflict.NO_ADDRESS: _lazy("The provider sends no e-mail address."),
    Conflict.DOMAIN: _lazy("No address lies in a proven domain of the organization."),
    Conflict.MEMBER_EXISTS: _lazy("A member whom SCIM did not bring has the address."),
    Conflict.ADDRESS_TAKEN: _lazy("Another person has the address."),
    Conflict.ADDRESS_FIXED: _lazy(
        "The new address is not taken over: the person may do more than a member or "
        "belongs elsewhere too, or their old address lies in no proven domain."
    ),
}


def page(request: Any, *, at: datetime) -> dict[str, Any]:
    """Everything but the forms."""
    workspace, counts = request.workspace, selectors.counts()
    tokens = [_token(request, one, at=at) for one in keys.scim_tokens()]
    return {
        "base_url": serving.base_url(workspace),
        "tokens": tokens,
        "status": _status(tokens),
        "sentence": _sentence(counts),
        "figures": _figures(counts),
        "unmatched": _unmatched(counts),
        "switches": settings(),
        "may_roles": request.actor.may(Permission.ROLES_MANAGE),
        "groups": [_group(request, one) for one in groups.counted()],
        "roles": [(one.value, LABELS[one]) for one in Role],
        "conflicts": [_conflict(request, one) for one in selectors.conflicts()],
        "requests": [_request(one) for one in selectors.requests()],
        "now": at,
        "urls": {
            "issue": _url(request, "workspaces:scim-token-issue"),
            "test": _url(request, "workspaces:scim-test"),
            "retry": _url(request, "workspaces:scim-retry"),
            "switches": _url(request, "workspaces:scim-switches"),
        },
        "crumbs": _crumbs(request),
    }


def settings() -> selectors.Settings:
    """The switches of the workspace in scope."""
    return selectors.settings()


def _token(request: Any, row: ScimToken, *, at: datetime) -> dict[str, Any]:
    works = row.slot is not None and row.revoked_at is None and row.expires_at > at
    return {
        "hint": row.hint,
        "scope": _SCOPES[TokenScope(row.scope)],
        "networks": ", ".join(row.networks) or _("anywhere"),
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "works": works,
        "word": _token_word(row, works=works),
        "creator_left": works and row.creator_left_at is not None,
        "can_rotate": works and row.rotated_at is None,
        "rotate_url": _url(
            request, "workspaces:scim-token-rotate", token=row.public_id
        ),
        "revoke_url": _url(
            request, "workspaces:scim-token-revoke", token=row.public_id
        ),
    }


def _token_word(row: ScimToken, *, works: bool) -> str:
    if works:
        return _("Rotated, works on") if row.rotated_at else _("Works")
    return _("Revoked") if row.revoked_at else _("Expired")


def _status(tokens: list[dict[str, Any]]) -> dict[str, str]:
    if any(one["works"] for one in tokens):
        return {"kind": "ok", "word": _("On")}
    return {"kind": "off", "word": _("Off: no token works")}


def _sentence(counts: selectors.Counts) -> str:
    if not counts.users:
        return _("An identity provider that has the address and a token fills this.")
    words = ngettext(
        "The provider keeps %(users)s user here, %(linked)s of them a member.",
        "The provider keeps %(users)s users here, %(linked)s of them members.",
        counts.users,
    )
    return words % {"users": grouped(counts.users), "linked": grouped(counts.linked)}


def _figures(counts: selectors.Counts) -> list[dict[str, str]]:
    conflicts = {"tone": "warn"} if counts.conflicts else {}
    return [
        {"name": _("Users"), "number": grouped(counts.users)},
        {"name": _("Members of them"), "number": grouped(counts.linked)},
        {"name": _("Groups"), "number": grouped(counts.groups)},
        {"name": _("Conflicts"), "number": grouped(counts.conflicts), **conflicts},
    ]


def _unmatched(counts: selectors.Counts) -> str:
    words = ngettext(
        "%(number)s member was not brought by SCIM. With adoption on, the provider may "
        "change, deactivate and delete them as soon as it sends their address.",
        "%(number)s members were not brought by SCIM. With adoption on, the provider "
        "may change, deactivate and delete them as soon as it sends their addresses.",
        counts.unmatched_members,
    )
    return words % {"number": grouped(counts.unmatched_members)}


def _group(request: Any, one: groups.Counted) -> dict[str, Any]:
    return {
        "name": one.group.name,
        "id": one.group.public_id,
        "people": grouped(one.people),
        "role": one.role,
        "role_word": LABELS[Role(one.role)] if one.role else _("none"),
        "url": _url(request, "workspaces:scim-role", group=one.group.public_id),
    }


def _conflict(request: Any, row: ScimResource) -> dict[str, Any]:
    document = documents.opened(
        row.document, row=row.public_id, workspace=request.workspace
    )
    return {
        "name": document.get("userName", ""),
        "why": _CONFLICTS[Conflict(row.conflict)],
        "since": row.modified_at,
    }


def _request(row: ScimRequest) -> dict[str, Any]:
    return {
        "at": row.at,
        "what": f"{row.method} {row.path}",
        "status": row.status,
        "kind": "ok" if row.status < 400 else "warn",
        "outcome": row.outcome,
        "agent": row.user_agent,
        "took": row.took_ms,
    }


def _url(request: Any, name: str, **arguments: Any) -> str:
    return reverse(name, kwargs={"workspace": request.workspace.slug, **arguments})


def _crumbs(request: Any) -> list[dict[str, str]]:
    workspace = request.workspace
    return [
        {"label": workspace.organization.name, "url": ""},
        {"label": workspace.name, "url": _url(request, "workspaces:overview")},
        {"label": _("SCIM"), "url": ""},
    ]
