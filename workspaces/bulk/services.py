"""Carries an act out on many members, each in a transaction of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.bulk import selectors
from workspaces.bulk.acts import ENDING, LEFT_LABELS, Act, Left, Order
from workspaces.bulk.selectors import Choice
from workspaces.jobs import parcels
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.members import services as members
from workspaces.members.models import Membership, MembershipStatus, MemberSource
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.roles import selectors as roles
from workspaces.tenancy.selectors import WorkspaceRef

JOB_KIND = "members.bulk"
_CHUNK = 50


class NeedsReason(Refused):
    """Ending what members hold has a reason, which the log keeps."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one member; `why` where nothing did."""

    email: str
    why: str = ""


def demand(*, actor: Actor, workspace: WorkspaceRef, order: Order) -> None:
    """Refuse an order that the actor may not give to anybody."""
    actor.require(
        Permission.ROLES_MANAGE if order.act is Act.ROLE else Permission.MEMBERS_MANAGE
    )
    if order.act is Act.ROLE:
        wanted = members.known_role(order.value)
        roles.demand_may_act_on(role=wanted, own=actor.permissions, plan=workspace.plan)
    if order.act is Act.SEAT:
        members.known_seat(order.value)


def ask(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    choice: Choice,
    order: Order,
    reason: str,
    title: str,
    at: datetime,
) -> Job:
    """Have it done as a job, to exactly the members that are chosen now."""
    demand(actor=actor, workspace=workspace, order=order)
    if order.act in ENDING and not reason:
        raise NeedsReason(_("Give a reason; nothing was changed."))
    document = {
        "ids": selectors.ids(choice),
        "act": order.act.value,
        "value": order.value,
        "reason": reason,
    }
    return jobs.enqueue(
        actor=actor,
        kind=JOB_KIND,
        title=title,
        organization=workspace.organization,
        workspace=workspace,
        arguments=parcels.pack(document, workspace=workspace),
        at=at,
    )


def carry_out(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    ids: Sequence[int],
    order: Order,
    reason: str,
    at: datetime,
    step: Callable[[int], None] = lambda _done: None,
) -> Iterator[Line]:
    """Do it to each of these members; twice is as good as once."""
    demand(actor=actor, workspace=workspace, order=order)
    for first in range(0, len(ids), _CHUNK):
        chunk = ids[first : first + _CHUNK]
        with scoping.workspace(
            workspace_id=workspace.id, organization_id=workspace.organization.id
        ):
            rows = list(selectors.by_ids(ids=chunk))
        for row in rows:
            yield _line(actor, workspace, row, order, reason, at)
        step(first + len(chunk))


def _line(
    actor: Actor,
    workspace: WorkspaceRef,
    row: Membership,
    order: Order,
    reason: str,
    at: datetime,
) -> Line:
    left = _left(actor, row, order)
    if left:
        return Line(email=row.email, why=str(LEFT_LABELS[left]))
    try:
        _do(actor, workspace, row, order, reason, at)
    except Refused as refusal:
        return Line(email=row.email, why=str(refusal))
    return Line(email=row.email)


def _left(actor: Actor, row: Membership, order: Order) -> Left | None:
    """What the services would do, and the preview said that it would not be done."""
    if row.status == MembershipStatus.REMOVED and order.act is not Act.REMOVE:
        return Left.GONE
    is_about_status = order.act in ENDING or order.act is Act.REACTIVATE
    if is_about_status and row.source == MemberSource.SCIM:
        return Left.SCIM
    if order.act in ENDING and row.pk == actor.membership_id:
        return Left.YOU
    return None


def _do(
    actor: Actor,
    workspace: WorkspaceRef,
    row: Membership,
    order: Order,
    reason: str,
    at: datetime,
) -> None:
    who = {
        "actor": actor,
        "workspace": workspace,
        "member": row.public_id,
        "at": at,
    }
    if order.act is Act.ROLE:
        members.change_role(**who, role=order.value)  # type: ignore[arg-type]
    elif order.act is Act.SEAT:
        members.change_seat(**who, seat=order.value)  # type: ignore[arg-type]
    elif order.act is Act.REACTIVATE:
        members.reactivate(**who)  # type: ignore[arg-type]
    else:
        is_removal = order.act is Act.REMOVE
        departure = Departure.REMOVED if is_removal else Departure.SUSPENDED
        offboard(**who, departure=departure, reason=reason)  # type: ignore[arg-type]
