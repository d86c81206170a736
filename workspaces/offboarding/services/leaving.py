"""Takes a member out of everything, in one transaction, and reports each step.

What holds:

- Either all of it happened or nothing: a step that fails leaves the member as they
  were. From the commit on, the raised generation of the membership refuses whatever a
  step did not know about.
- Offboarding the same member again, also at the same time, finds the first report:
  both wait for the membership's row, and the second sees that it has ended.
- Conversations stay, under the workspace's retention and its holds. The projects of a
  removed member are handed over or deleted, as an ending of retention does it: the lock
  that orders holds and purges is taken first, before any write.
"""

from dataclasses import replace
from datetime import datetime
from time import perf_counter_ns
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import coverage, departures, scoping
from kit.actor import Actor
from kit.departures import Call, Leaver, Projects
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import selectors as members
from workspaces.members import services as membership
from workspaces.members.models import Membership, MembershipStatus, User
from workspaces.members.selectors import MemberIsGone
from workspaces.offboarding import selectors
from workspaces.offboarding.models import (
    Departure,
    DepartureCall,
    OffboardingReport,
)
from workspaces.tenancy.selectors import WorkspaceRef

MEMBERSHIP = "membership"


class NoSuccessor(Refused):
    """What somebody leaves goes to an active member, and to another one."""

    status = 422


def offboard(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: UUID,
    departure: Departure,
    at: datetime,
    reason: str = "",
    successor: UUID | None = None,
    projects: Projects = Projects.HAND_OVER,
) -> OffboardingReport:
    """Suspend or remove a member, and end what they hold here.

    `successor` takes over what can be handed over, `projects` says what becomes of
    theirs; both count for a removal only.
    """
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        # What is handed over may come under the heir's holds.
        coverage.before_widening()
        heir = _successor(actor, successor, member)
        watch = _Stopwatch()
        row = _ended(actor, workspace, member, departure, at=at, reason=reason)
        if found := selectors.report_of(membership=row):
            return found
        watch.note(MEMBERSHIP, 1)
        leaver = replace(
            _leaver(row, workspace),
            successor_id=heir.pk if heir else None,
            projects=projects,
        )
        calls = _end_the_rest(actor, leaver, watch, at)
        report = OffboardingReport.objects.create(
            workspace_id=workspace.id,
            membership_id=row.pk,
            generation=row.generation,
            departure=departure,
            steps=watch.steps,
            duration_us=watch.total_us(),
            requested_by=actor.id,
            created_at=at,
        )
        _store(calls, report, at)
        recording.record(
            actor=actor,
            action="workspaces.offboarding.completed",
            target=Target(kind="member", id=row.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            counts={one["name"]: one["count"] for one in watch.steps},
            details={
                "report": str(report.public_id),
                "departure": departure.value,
                **({"projects": projects.value} if leaver.is_removed else {}),
                **({"successor": str(heir.public_id)} if heir else {}),
            },
            reason=reason,
        )
        return report


def _successor(actor: Actor, successor: UUID | None, member: UUID) -> Membership | None:
    """Who takes over; only who may reassign GPTs says to whom they go."""
    if successor is None:
        return None
    actor.require(Permission.GPTS_MANAGE)
    found = members.one(member=successor)
    if found.public_id == member or found.status != MembershipStatus.ACTIVE:
        raise NoSuccessor(
            _("Who takes over must be another active member of this workspace.")
        )
    return found


class _Stopwatch:
    """Counts and durations of the steps so far."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self._began = self._last = perf_counter_ns()

    def note(self, name: str, count: int) -> None:
        now = perf_counter_ns()
        took = (now - self._last) // 1000
        self.steps.append({"name": name, "count": count, "us": took})
        self._last = now

    def total_us(self) -> int:
        return (self._last - self._began) // 1000


def _ended(
    actor: Actor,
    workspace: WorkspaceRef,
    member: UUID,
    departure: Departure,
    *,
    at: datetime,
    reason: str,
) -> Membership:
    verbs = {
        Departure.SUSPENDED: membership.suspend,
        Departure.REMOVED: membership.remove,
    }
    try:
        return verbs[departure](
            actor=actor, workspace=workspace, member=member, at=at, reason=reason
        )
    except MemberIsGone:
        # Whoever asks for what is done already gets its report, not a refusal.
        row = members.one(member=member)
        is_done = departure is Departure.REMOVED and (
            row.status == MembershipStatus.REMOVED
        )
        if is_done and selectors.report_of(membership=row):
            return row
        raise


def _end_the_rest(
    actor: Actor, leaver: Leaver, watch: _Stopwatch, at: datetime
) -> list[Call]:
    calls: list[Call] = []
    for ending in departures.registered():
        ended = ending.end(actor, leaver, at)
        calls += ended.calls
        watch.note(ending.name, ended.count)
    return calls


def _store(calls: list[Call], report: OffboardingReport, at: datetime) -> None:
    DepartureCall.objects.bulk_create(
        DepartureCall(
            workspace_id=report.workspace_id,
            report_id=report.pk,
            kind=call.kind,
            arguments=dict(call.arguments),
            created_at=at,
            due_at=at,
        )
        for call in calls
    )


def _leaver(row: Membership, workspace: WorkspaceRef) -> Leaver:
    return Leaver(
        organization_id=workspace.organization.id,
        workspace_id=workspace.id,
        workspace=workspace.public_id,
        membership_id=row.pk,
        member=row.public_id,
        user_id=row.user_id,
        person=User.objects.values_list("public_id", flat=True).get(pk=row.user_id),
        is_removed=row.status == MembershipStatus.REMOVED,
    )
