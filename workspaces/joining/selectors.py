"""Who asked to join the workspace in scope, and where a person may ask."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from kit import scoping
from kit.http import keyset
from kit.refusals import Refused
from workspaces.joining.models import JoinRequest, JoinState
from workspaces.members.models import Membership, MembershipStatus, User
from workspaces.signin import rules
from workspaces.signin import selectors as signin
from workspaces.tenancy.models import TAKES_PEOPLE, Workspace

_NEWEST: keyset.Order = (("created_at", "desc"), ("id", "desc"))


class RequestIsGone(Refused):
    """The workspace has no such request."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Door:
    """A workspace that takes requests, as one person finds it."""

    workspace: Workspace
    is_member: bool
    asked: JoinRequest | None


def page(*, state: str, after: str | None = None) -> keyset.Page[JoinRequest]:
    """One page of requests in that state, newest first."""
    found = JoinRequest.objects.filter(state=state)
    return keyset.page(found, order=_NEWEST, after=after)


def one(*, asking: UUID) -> JoinRequest:
    """The request with that public id."""
    found = JoinRequest.objects.filter(public_id=asking).first()
    if found is None:
        raise RequestIsGone(_("This workspace has no such request."))
    return found


def pending_number() -> int:
    """How many wait for an answer."""
    return JoinRequest.objects.filter(state=JoinState.PENDING).count()


def takes_requests(*, workspace_id: int) -> bool:
    """Whether people may ask to join the workspace."""
    rows = Workspace.objects.filter(pk=workspace_id)
    return bool(rows.values_list("takes_join_requests", flat=True).get())


def doors(*, user: User, organization_id: int) -> list[Door]:
    """Where a person may ask, in the scope of the organization; none to outsiders."""
    if not signin.has_proven(domain=rules.domain_of(user.email)):
        return []
    rows = Workspace.objects.filter(takes_join_requests=True, state__in=TAKES_PEOPLE)
    rows = rows.order_by("name", "id")
    return [_door(row, user, organization_id) for row in rows]


def _door(row: Workspace, user: User, organization_id: int) -> Door:
    with scoping.workspace(workspace_id=row.pk, organization_id=organization_id):
        inside = Membership.objects.filter(user_id=user.pk).exclude(
            status=MembershipStatus.REMOVED
        )
        asked = JoinRequest.objects.filter(user_id=user.pk)
        return Door(
            workspace=row,
            is_member=inside.exists(),
            asked=asked.order_by("-created_at", "-id").first(),
        )
