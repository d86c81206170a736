"""Takes out of the way of all others what is large, or cannot go on.

A run covers many workspaces of many organizations: it is planned at once, sealed at
once, and its receipts wait for its last batch. A sweep that plans more than
`rules.LARGE` therefore goes on in a run of its own, in the slow lane, before anything
of it is purged; and so does whatever has to wait or fails, at the stage where it is.
Its windows keep their numbers, and with them the order under the plan's root.
"""

from dataclasses import dataclass
from datetime import datetime

from kit import ids
from retention.sweeps.models import Lane
from retention.sweeps.rules import LARGE
from retention.sweeps.services import leasing
from retention.sweeps.services.leasing import Lease
from retention.sweeps.storage import changed, rows, step

_LARGE = """
select s.id, s.workspace_id, (select count(*) from retention_sweep o
                              where o.run_id = s.run_id) as together
from retention_sweep s where s.run_id = %(run)s and s.state = 'planned'
  and s.planned_n + coalesce((select sum(c.planned_n) from retention_sweepcount c
                              where c.sweep_id = s.id), 0) > %(large)s
order by s.id
"""
_SLOW = "update retention_sweeprun set lane = 'slow' where id = %(run)s"
_APART = """
with apart as (
    insert into retention_sweeprun (public_id, state, lane, behind_since, opened_at,
        claimed_by, fence, passes)
    select %(public_id)s, r.state, coalesce(%(lane)s, r.lane), %(behind_since)s,
           r.opened_at, '', 0, r.passes
    from retention_sweeprun r where r.id = %(run)s returning id
), slices as (
    update retention_sweepslice s set run_id = a.id from apart a
    where s.sweep_id = %(sweep)s
)
update retention_sweep s set run_id = a.id from apart a where s.id = %(sweep)s
"""
_TOGETHER = """
select id, workspace_id from retention_sweep
where run_id = %(run)s and state not in ('closed', 'stopped') order by id
"""
# The last whole sweep took all that was due when it began. Most overdue first: whoever
# was never swept may be behind by any time.
_BEHIND = """
select w, (select s.opened_at from retention_sweep s
           where s.workspace_id = w and s.purged_at is not null and s.failed_n = 0
           order by s.opened_at desc limit 1)
from unnest(%(workspaces)s::bigint[]) w
"""
_UNFINISHED = """
select id, lane, state = 'purging' from retention_sweeprun where state <> 'closed'
order by behind_since nulls first, id
"""


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """A run that is not closed; many workers can share one that purges."""

    id: int
    lane: Lane
    is_purging: bool


def unfinished_runs() -> list[Unfinished]:
    """Every run that is not closed, the most overdue first."""
    return [
        Unfinished(id=run, lane=Lane(lane), is_purging=is_purging)
        for run, lane, is_purging in rows(_UNFINISHED)
    ]


def lane_of(*, run_id: int) -> Lane:
    """The lane of one run; where there is no such run, whichever."""
    found = rows("select lane from retention_sweeprun where id = %(run)s", run=run_id)
    return Lane(found[0][0]) if found else Lane.FAST


def behind(*, workspace_ids: list[int]) -> dict[int, datetime | None]:
    """Since when each workspace is behind at most; None where nobody knows."""
    return dict(rows(_BEHIND, workspaces=workspace_ids))


def split(lease: Lease) -> None:
    """Puts each large sweep of a planned run into the slow lane; twice is harmless."""
    for sweep, workspace, together in rows(_LARGE, run=lease.run_id, large=LARGE):
        with step():
            leasing.beat(lease)
            if together == 1:
                changed(_SLOW, run=lease.run_id)
            else:
                part(lease, sweep=sweep, workspace=workspace, lane=Lane.SLOW)


def part(lease: Lease, *, sweep: int, workspace: int, lane: Lane | None = None) -> None:
    """Gives one sweep a run of its own, within the step of its driver."""
    known = behind(workspace_ids=[workspace])
    changed(
        _APART,
        run=lease.run_id,
        sweep=sweep,
        lane=lane,
        behind_since=known[workspace],
        public_id=ids.new_uuid(),
    )


def part_all(lease: Lease) -> bool:
    """Gives each open sweep a run of its own; False where there is but one."""
    with step():
        leasing.beat(lease)
        others = rows(_TOGETHER, run=lease.run_id)[1:]
        for sweep, workspace in others:
            part(lease, sweep=sweep, workspace=workspace)
    return bool(others)
