"""What the pages of invitations share: one in words, addresses, breadcrumbs."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from workspaces.invitations import selectors
from workspaces.invitations.forms import STATE_LABELS
from workspaces.invitations.models import Invitation
from workspaces.invitations.rules import MOST_TRIES, State
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import LABELS, Role
from workspaces.tenancy.seats import LABELS as SEAT_LABELS
from workspaces.tenancy.seats import SeatType

_KINDS = {
    State.PENDING: "wait",
    State.ACCEPTED: "ok",
    State.EXPIRED: "warn",
    State.REVOKED: "off",
}


def shown(request: Any, row: Invitation, *, at: datetime) -> dict[str, Any]:
    """An invitation as rows and pages show it."""
    state = selectors.state_of(row, at=at)
    return {
        "id": row.public_id,
        "email": row.email,
        "role": LABELS[Role(row.role)],
        "seat": SEAT_LABELS[SeatType(row.seat)],
        "state": state,
        "status_kind": _KINDS[state],
        "status_word": STATE_LABELS[state],
        "is_open": state in {State.PENDING, State.EXPIRED},
        "is_undelivered": row.mail_tries >= MOST_TRIES and row.mailed_at is None,
        "mailed_at": row.mailed_at,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "accepted_at": row.accepted_at,
        "revoked_at": row.revoked_at,
        "url": url(request, "invitations-detail", invitation=row.public_id),
    }


def givable(request: Any) -> list[Role]:
    """The roles that the actor may give, the plainest first."""
    own, plan = request.actor.permissions, request.workspace.plan
    return [
        role
        for role in reversed(Role)
        if roles.may_act_on(role=role, own=own, plan=plan)
    ]


def url(request: Any, page: str, **names: Any) -> str:
    """The address of a page of this workspace."""
    here = {"workspace": request.workspace.slug}
    return reverse(f"workspaces:{page}", kwargs={**here, **names})


def crumbs(request: Any, *further: str) -> list[dict[str, str]]:
    """Where a page stands."""
    workspace = request.workspace
    return [
        {"label": workspace.organization.name},
        {"label": workspace.name, "url": url(request, "overview")},
        {"label": _("Members"), "url": url(request, "members-list")},
        {
            "label": _("Invitations"),
            "url": url(request, "invitations-list") if further else "",
        },
        *({"label": label} for label in further),
    ]
