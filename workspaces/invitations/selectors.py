"""Which invitations a workspace has, and which an address has, before any scope."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from kit.http import keyset
from kit.refusals import Refused
from workspaces.invitations import rules
from workspaces.invitations.models import Invitation
from workspaces.invitations.rules import State
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

_NEWEST: keyset.Order = (("created_at", "desc"), ("id", "desc"))
_OPEN = Q(accepted_at__isnull=True, revoked_at__isnull=True)
_AFTER_ALL = "\U0010ffff"


class InvitationIsGone(Refused):
    """The workspace has no such invitation."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An open invitation of an address, with what signing in means there.

    `sso` is that of the workspace; `is_bound`: the organization has proven the domain
    of the address; `is_strict`: one of its workspaces requires single sign-on.
    """

    invitation: UUID
    workspace: WorkspaceRef
    role: str
    email: str
    expires_at: datetime
    sso: str
    is_bound: bool
    is_strict: bool


def page(
    *, state: str = "", prefix: str = "", after: str | None = None, at: datetime
) -> keyset.Page[Invitation]:
    """One page of invitations, newest first."""
    found = Invitation.objects.all()
    if state:
        found = found.filter(_in(State(state), at))
    if prefix:
        found = found.filter(email__gte=prefix, email__lt=prefix + _AFTER_ALL)
    return keyset.page(found, order=_NEWEST, after=after)


def one(*, invitation: UUID) -> Invitation:
    """The invitation with that public id."""
    found = Invitation.objects.filter(public_id=invitation).first()
    if found is None:
        raise InvitationIsGone(_("This workspace has no such invitation."))
    return found


def state_of(row: Invitation, *, at: datetime) -> State:
    """Where the invitation stands."""
    return rules.state(
        accepted_at=row.accepted_at,
        revoked_at=row.revoked_at,
        expires_at=row.expires_at,
        at=at,
    )


def counts(*, at: datetime) -> dict[State, int]:
    """How many invitations stand where."""
    numbers = {one.value: Count("id", filter=_in(one, at)) for one in State}
    found = Invitation.objects.aggregate(**numbers)
    return {one: found[one.value] for one in State}


def pending_number(*, at: datetime, other_than: int | None = None) -> int:
    """How many seats are promised to people who may still come."""
    waiting = Invitation.objects.filter(_in(State.PENDING, at))
    return waiting.exclude(pk=other_than or 0).count()


def open_by_address(*, addresses: Collection[str]) -> dict[str, Invitation]:
    """The open invitations of these addresses here, expired ones included."""
    rows: QuerySet[Invitation] = Invitation.objects.filter(
        _OPEN, email__in=list(addresses)
    )
    return {row.email: row for row in rows}


def offers_to(*, address: str, at: datetime) -> list[Offer]:
    """What an address may accept by signing in, in every organization."""
    rows = _rows("select * from custos_invited(%s, %s)", [address, at])
    return [_offer(row) for row in rows]


def offer_by_token(*, token: str, at: datetime) -> Offer | None:
    """The invitation whose mailed link this is, while it is good."""
    digest = digest_of(token)
    rows = _rows("select * from custos_invitation(%s, %s)", [digest, at])
    return _offer(rows[0]) if rows else None


def digest_of(token: str) -> bytes:
    """What is kept of the token in a link."""
    return sha256(token.encode("utf-8", "replace")).digest()


def _in(state: State, at: datetime) -> Q:
    return {
        State.PENDING: _OPEN & Q(expires_at__gt=at),
        State.EXPIRED: _OPEN & Q(expires_at__lte=at),
        State.ACCEPTED: Q(accepted_at__isnull=False),
        State.REVOKED: Q(revoked_at__isnull=False),
    }[state]


def _rows(sql: str, arguments: list[Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _offer(row: dict[str, Any]) -> Offer:
    return Offer(
        invitation=row["invitation"],
        workspace=WorkspaceRef(
            organization=OrganizationRef(
                id=row["organization_id"],
                public_id=row["organization_uuid"],
                slug=row["organization_slug"],
                name=row["organization_name"],
            ),
            id=row["workspace_id"],
            public_id=row["workspace_uuid"],
            slug=row["slug"],
            name=row["name"],
            plan=row["plan"],
        ),
        role=row["role"],
        email=row["email"],
        expires_at=row["expires_at"],
        sso=row["sso"],
        is_bound=row["is_bound"],
        is_strict=row["is_strict"],
    )
