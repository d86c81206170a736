"""Sets when a workspace is swept: only when, never what goes."""

from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority
from retention.schedules import selectors
from retention.schedules.models import SweepSchedule
from retention.schedules.rules import SHORTEST_WINDOW, Cadence, Schedule
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef


class ScheduleIsImpossible(Refused):
    """No sweep would begin, or not often enough."""

    status = 422


class NothingWouldChange(Refused):
    """The schedule says so already."""


def set_schedule(
    *, actor: Actor, workspace: WorkspaceRef, schedule: Schedule, at: datetime
) -> None:
    """Puts a schedule in force at once; a sweep that runs goes on at its pace.

    Whoever may start a sweep may say when they start, on every plan: on Team, too, it
    moves a purge by a day at most and takes nothing from what members decide.
    """
    authority.demand(actor, Permission.SWEEPS_RUN, workspace=workspace)
    _demand_possible(schedule)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        # Two people who set one at once take turns.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        before = selectors.schedule_of(workspace=workspace)
        if before == schedule:
            raise NothingWouldChange(_("The schedule says so already."))
        _store(actor, workspace, schedule, at=at)
        record(
            actor=actor,
            action="retention.schedule.set",
            target=Target(kind="workspace", id=workspace.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes=_changes(before, schedule),
        )


def _demand_possible(schedule: Schedule) -> None:
    try:
        ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleIsImpossible(
            _("There is no time zone “%s”.") % schedule.zone
        ) from None
    if (schedule.cadence is Cadence.DAILY) != (schedule.daily_at is not None):
        raise ScheduleIsImpossible(_("Say at what time the daily sweep begins."))
    if schedule.window and schedule.window.length < SHORTEST_WINDOW:
        raise ScheduleIsImpossible(
            _("Quiet hours last 2 hours or more: a night in spring loses one.")
        )
    if not schedule.is_possible:
        raise ScheduleIsImpossible(
            _(
                "The daily sweep would begin when nothing may be purged. Let it begin"
                " in the quiet hours."
            )
        )


def _store(
    actor: Actor, workspace: WorkspaceRef, schedule: Schedule, *, at: datetime
) -> None:
    window = schedule.window
    SweepSchedule.objects.update_or_create(
        workspace_id=workspace.id,
        defaults={
            "cadence": schedule.cadence,
            "daily_at": schedule.daily_at,
            "window_begins": window.begins if window else None,
            "window_ends": window.ends if window else None,
            "busy_pace": schedule.busy_pace,
            "zone": schedule.zone,
            "set_by": actor.id,
            "set_at": at,
        },
    )


def _changes(before: Schedule, after: Schedule) -> dict[str, tuple[str, str]]:
    earlier, later = _words(before), _words(after)
    return {
        name: (earlier[name], later[name])
        for name in earlier
        if earlier[name] != later[name]
    }


def _words(schedule: Schedule) -> dict[str, str]:
    window = schedule.window
    quiet = f"{window.begins:%H:%M}-{window.ends:%H:%M}" if window else ""
    daily_at = f"{schedule.daily_at:%H:%M}" if schedule.daily_at else ""
    plain = {k: str(v) for k, v in asdict(schedule).items() if k != "window"}
    return plain | {"daily_at": daily_at, "quiet_hours": quiet}
