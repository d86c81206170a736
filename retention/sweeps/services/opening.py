"""Opens runs: one workspace's on request, or one over all that have something due."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids, scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.conversations import selectors as conversations
from retention.holds import authority
from retention.sweeps.models import PURGED, Sweep, SweepRun, Trigger
from retention.sweeps.storage import changed, rows, step
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

SCHEDULED_EVERY = timedelta(hours=1)

# A workspace rests after a sweep, unless a policy took force meanwhile. A key or a
# file that cannot be destroyed keeps its own receipt open, and nothing else. Asked each
# minute: two conditions, one index each, where an `or` would read every sweep ever.
_READY = """
select w.id from workspaces_workspace w where not exists (
    select from retention_sweep s
    where s.workspace_id = w.id and s.state not in ('destroying', 'closed', 'stopped')
) and not exists (
    select from retention_sweep s
    where s.workspace_id = w.id and s.opened_at > %(rested)s and not exists (
        select from retention_policy p
        where p.workspace_id = w.id and p.in_force_at > s.opened_at
          and p.in_force_at <= %(at)s))
order by w.id
"""
_OPEN_RUN = """
insert into retention_sweeprun (public_id, state, opened_at, claimed_by, fence, passes)
values (%(public_id)s, 'open', %(at)s, '', 0, 0) returning id
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


def open_due_runs(*, at: datetime) -> int | None:
    """Opens one run over every rested workspace with something due; returns its id."""
    ready = [row[0] for row in rows(_READY, rested=at - SCHEDULED_EVERY, at=at)]
    due = conversations.workspaces_with_something_due(
        workspace_ids=ready, at=at, using="sweeper"
    )
    if not due:
        return None
    with step():
        run = int(rows(_OPEN_RUN, public_id=ids.new_uuid(), at=at)[0][0])
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
