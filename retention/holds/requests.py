"""Answers which releases were asked for, and who could be the second person."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kit.permissions import Permission
from kit.sealing import binding, open_sealed
from retention.holds.models import Hold, HoldScope, ReleaseRequest, RequestState
from workspaces.members.models import Membership, MembershipStatus
from workspaces.roles.selectors import roles_with
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef

# So many requests stand on an overview; the pages of holds have them all.
MOST_WAITING = 5
_GRANTED = """
select exists (
    select from workspaces_rolegrant g
    join workspaces_roleassignment a on a.role_id = g.role_id
    where g.permission = %(permission)s)
"""


def requests_of(*, hold: Hold) -> list[ReleaseRequest]:
    """Every request about a hold, newest first."""
    rows = ReleaseRequest.objects.filter(hold=hold).select_related("hold", "scope")
    return list(rows.order_by("-id")[:100])


def request_by_public_id(*, hold: Hold, public_id: UUID) -> ReleaseRequest:
    """One request about this hold; ReleaseRequest.DoesNotExist otherwise."""
    return _with_subject().get(hold=hold, public_id=public_id)


def waiting_for(*, hold: Hold, scope: HoldScope | None) -> ReleaseRequest | None:
    """The request for this very release that waits, if any."""
    return (
        _with_subject()
        .filter(hold=hold, scope=scope, state=RequestState.WAITING)
        .first()
    )


def waiting_on(*, person: str) -> list[ReleaseRequest]:
    """What others than `person` asked for and nobody decided, oldest first."""
    rows = _with_subject().filter(
        state=RequestState.WAITING, hold__released_at=None, scope__released_at=None
    )
    return list(rows.exclude(requested_by=person).order_by("id")[:MOST_WAITING])


def scope_of(*, hold: Hold, public_id: UUID) -> HoldScope:
    """One scope of a hold; HoldScope.DoesNotExist otherwise."""
    return HoldScope.objects.get(hold=hold, public_id=public_id)


def reason_of(*, asked: ReleaseRequest) -> str:
    """Why somebody asked, in clear, for those who may see holds."""
    return reasons_of(asked=[asked])[asked.pk]


def reasons_of(*, asked: Sequence[ReleaseRequest]) -> dict[int, str]:
    """The reasons of these requests."""
    if not asked:
        return {}
    key = tenants.organization_key()
    return {
        one.pk: open_sealed(
            bytes(one.reason),
            key=key,
            aad=binding(
                table="retention_releaserequest", row=one.public_id, column="reason"
            ),
        ).decode()
        for one in asked
    }


def has_second_person(*, workspace: WorkspaceRef, user_id: int | None) -> bool:
    """Whether somebody else of the workspace may confirm what this person asks for."""
    roles = roles_with(permission=Permission.HOLDS_MANAGE, plan=workspace.plan)
    others = Membership.objects.filter(
        role__in=[role.value for role in roles], status=MembershipStatus.ACTIVE
    ).exclude(user_id=user_id or 0)
    if others.exists():
        return True
    with connection.cursor() as cursor:
        cursor.execute(_GRANTED, {"permission": Permission.HOLDS_MANAGE.value})
        return bool(cursor.fetchone()[0])


def _with_subject() -> QuerySet[ReleaseRequest]:
    return ReleaseRequest.objects.select_related("hold", "scope")
