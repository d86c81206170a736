"""Opens runs: one workspace's on request, or over all that have something due."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids, scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.conversations import selectors as conversations
from retention.holds import authority
from retention.schedules import rules as schedules
from retention.schedules import selectors as of_schedules
from retention.schedules.rules import Pace, Schedule
from retention.sweeps.breaker.selectors import WAITS_FOR_A_PERSON
from retention.sweeps.models import PURGED, Lane, Sweep, SweepRun, Trigger
from retention.sweeps.services import lanes
from retention.sweeps.storage import ALIAS, changed, rows, step
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

_WORKSPACES = "select id from workspaces_workspace order by id"
# A workspace rests from one beginning of its schedule to the next, and where it is
# hourly, no longer than until a policy takes force. A key or a file that cannot be
# destroyed keeps its own receipt open, and nothing else. Asked each minute: two
# conditions, one index each, where an `or` would read every sweep ever.
_READY = f"""
select w.id from unnest(%(workspaces)s::bigint[], %(begins)s::timestamptz[],
                        %(hourly)s::boolean[]) w(id, begins_at, is_hourly)
where not {WAITS_FOR_A_PERSON} and not exists (
    select from retention_sweep s
    where s.workspace_id = w.id and s.state not in ('destroying', 'closed', 'stopped')
) and not exists (
    select from retention_sweep s
    where s.workspace_id = w.id and s.opened_at >= w.begins_at
      and not (w.is_hourly and exists (
        select from retention_policy p
        where p.workspace_id = w.id and p.in_force_at > s.opened_at
          and p.in_force_at <= %(at)s)))
order by w.id
"""  # noqa: S608 -- constants
_OPEN_RUN = """
insert into retention_sweeprun (public_id, state, lane, behind_since, opened_at,
    claimed_by, fence, passes)
values (%(public_id)s, 'open', %(lane)s, %(behind_since)s, %(at)s, '', 0, 0)
returning id
"""
_OPEN_SWEEPS = """
insert into retention_sweep (workspace_id, run_id, public_id, trigger, state,
    started_by, policy_versions, planned_n, purged_n, held_n, skipped_n, failed_n,
    messages_n, files_n, bytes_n, opened_at)
select w, %(run)s, gen_random_uuid(), 'schedule', 'opened', 'scheduler', '',
       0, 0, 0, 0, 0, 0, 0, 0, %(at)s
from unnest(%(workspaces)s::bigint[]) w
on conflict do nothing
"""


class SweepIsRunning(Refused):
    """A workspace has one sweep at a time."""


def open_run(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    trigger: Trigger = Trigger.MANUAL,
    at: datetime,
) -> Sweep:
    """Opens a run over one workspace; the edge then rings for a worker."""
    authority.demand(actor, Permission.SWEEPS_RUN, workspace=workspace)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        # Two requests at once take turns; the second is refused by name.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        if Sweep.objects.exclude(state__in=PURGED).exists():
            raise _is_running()
        sweep = _stored(actor, workspace, trigger, at=at)
        record(
            actor=actor,
            action="retention.sweep.started",
            target=Target(kind="sweep", id=sweep.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
        )
        return sweep


def open_due_runs(*, at: datetime) -> list[int]:
    """Opens a run for each pace, over every rested workspace with something due."""
    known = of_schedules.schedules_of(
        workspace_ids=[row[0] for row in rows(_WORKSPACES)], using=ALIAS
    )
    ready = _rested(known, at=at)
    due = conversations.workspaces_with_something_due(
        workspace_ids=ready, at=at, using=ALIAS
    )
    behind = lanes.behind(workspace_ids=due)
    shared: dict[Pace, list[int]] = {}
    for workspace in due:
        is_late = schedules.is_late(behind[workspace], at=at)
        pace = schedules.pace_at(known[workspace], at=at)
        shared.setdefault(Pace.FULL if is_late else pace, []).append(workspace)
    shared.pop(Pace.STOPPED, None)
    return [_opened(pace, due, behind, at=at) for pace, due in shared.items()]


def _rested(known: Mapping[int, Schedule], *, at: datetime) -> list[int]:
    """Those for which a beginning has come since their last sweep."""
    begins = {s: schedules.last_beginning(s, at=at) for s in set(known.values())}
    found = rows(
        _READY,
        workspaces=list(known),
        begins=[begins[schedule] for schedule in known.values()],
        hourly=[schedule.daily_at is None for schedule in known.values()],
        at=at,
    )
    return [row[0] for row in found]


def _opened(
    pace: Pace,
    due: list[int],
    behind: Mapping[int, datetime | None],
    *,
    at: datetime,
) -> int:
    times = [behind[workspace] for workspace in due]
    known = [moment for moment in times if moment is not None]
    with step():
        run = int(
            rows(
                _OPEN_RUN,
                public_id=ids.new_uuid(),
                # It rests more than it works: no place for those in a hurry.
                lane=(Lane.FAST if pace is Pace.FULL else Lane.SLOW).value,
                behind_since=min(known) if len(known) == len(times) else None,
                at=at,
            )[0][0]
        )
        changed(_OPEN_SWEEPS, run=run, workspaces=due, at=at)
    return run


def _stored(
    actor: Actor, workspace: WorkspaceRef, trigger: Trigger, *, at: datetime
) -> Sweep:
    try:
        with transaction.atomic():
            return Sweep.objects.create(
                workspace_id=workspace.id,
                run=SweepRun.objects.create(opened_at=at),
                trigger=trigger,
                started_by=actor.id,
                opened_at=at,
            )
    except IntegrityError:
        # The scheduler opens without the lock, and was faster.
        raise _is_running() from None


def _is_running() -> SweepIsRunning:
    return SweepIsRunning(_("A sweep of this workspace is running already."))
