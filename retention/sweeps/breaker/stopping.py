"""Stops planned sweeps that would take far more than usual: called before the purge.

Runs in the engine, as the sweeper, between planning and sealing: nothing is gone yet.
The slices of a stopped sweep count as skipped, so that no batch picks them, and the
other sweeps of the run go on. Done again it changes nothing, and a worker that dies in
between does it anew: a plan is sealed only after it was asked here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.recording import Target, record
from kit import content_kinds, ids
from retention.policies.safeguards.models import FACTOR, MINIMUM, PERCENT
from retention.sweeps.breaker.rules import Cause, Limits, Load, cause_to_stop
from retention.sweeps.services import leasing
from retention.sweeps.services.leasing import Lease
from retention.sweeps.services.planning import SWEEPER
from retention.sweeps.storage import ALIAS, changed, records, rows, step

# What falls due is purged within thirty days: older announcements are spent.
_ANNOUNCED_FOR = timedelta(days=30)
_RECENT_SWEEPS = 20

_LARGE = """
select * from (
select s.id, s.public_id, s.workspace_id, w.public_id as workspace, w.organization_id,
       s.policy_versions, s.planned_n + coalesce(o.n, 0)::bigint as planned,
       coalesce(g.breaker_factor, %(factor)s) as factor,
       coalesce(g.breaker_minimum, %(minimum)s) as minimum,
       coalesce(g.breaker_percent, %(percent)s) as percent
from retention_sweep s
join workspaces_workspace w on w.id = s.workspace_id
left join retention_safeguards g on g.workspace_id = s.workspace_id
left join lateral (select sum(c.planned_n) n from retention_sweepcount c
                   where c.sweep_id = s.id) o on true
where s.run_id = %(run)s and s.state = 'planned'
) planned where planned > minimum order by id
"""
# What Custos planted itself is nobody's usual, nor is a sweep that took nothing else.
_RECENT = """
select s.purged_n + coalesce(o.n, 0)::bigint
from retention_sweep s
left join lateral (
    select sum(c.purged_n) filter (where c.kind <> all(%(planted)s::text[])) n,
           count(*) filter (where c.kind = any(%(planted)s::text[])) planted
    from retention_sweepcount c where c.sweep_id = s.id) o on true
where s.workspace_id = %(workspace)s and s.state = 'closed'
  and not (o.planted > 0 and s.purged_n + coalesce(o.n, 0) = 0)
order by s.opened_at desc, s.id desc limit %(most)s
"""
_ANNOUNCED = """
select coalesce(sum(a.objects_n), 0)::bigint, min(a.begins_at)
from retention_announcement a
where a.workspace_id = %(workspace)s and a.begins_at > %(since)s
  and a.begins_at <= %(at)s
"""
_PURGED_SINCE = """
select coalesce(sum(s.purged_n), 0)::bigint from retention_sweep s
where s.workspace_id = %(workspace)s and s.opened_at >= %(since)s
"""
_STORED = """
select count(*) from workspaces_conversation c
where c.workspace_id = %(workspace)s and c.staged_by_id is null
"""
_END_EARLIER = """
update retention_sweepstop set ended_at = %(at)s
where workspace_id = %(workspace)s and ended_at is null
"""
# Those that pass make the stops before them a thing of the past.
_END_PASSED = """
update retention_sweepstop x set ended_at = %(at)s
where x.ended_at is null and exists (
    select from retention_sweep s
    where s.run_id = %(run)s and s.state = 'planned'
      and s.workspace_id = x.workspace_id)
"""
_STOP = """
insert into retention_sweepstop (workspace_id, public_id, sweep_id, cause, planned_n,
    announced_n, usual_n, stored_n, stopped_at, confirmed_by)
values (%(workspace)s, %(public_id)s, %(sweep)s, %(cause)s, %(planned)s, %(announced)s,
    %(usual)s, %(stored)s, %(at)s, '')
"""
_SKIP = """
update retention_sweepslice set skipped = n, done_at = %(at)s
where sweep_id = %(sweep)s and done_at is null
"""
_STOPPED = """
update retention_sweep set state = 'stopped', skipped_n = planned_n, ended_at = %(at)s
where id = %(sweep)s and state = 'planned'
"""


@dataclass(frozen=True, kw_only=True)
class _Planned:
    id: int
    public_id: UUID
    workspace_id: int
    workspace: UUID
    organization_id: int
    policy_versions: str
    planned: int
    factor: int
    minimum: int
    percent: int

    @property
    def limits(self) -> Limits:
        return Limits(factor=self.factor, minimum=self.minimum, percent=self.percent)


def stop_unusual(lease: Lease, *, at: datetime) -> None:
    """Takes the sweeps that a person has to look at out of a planned run."""
    defaults = {"factor": FACTOR, "minimum": MINIMUM, "percent": PERCENT}
    with step():
        leasing.beat(lease)
        for row in records(_LARGE, run=lease.run_id, **defaults):
            planned = _Planned(**row)
            load = _load(planned, at=at)
            cause = cause_to_stop(load, planned.limits)
            if cause is not None:
                _stop(planned, load, cause, at=at)
        changed(_END_PASSED, run=lease.run_id, at=at)


def _load(planned: _Planned, *, at: datetime) -> Load:
    asked: dict[str, Any] = {"workspace": planned.workspace_id}
    planted = [kind.name for kind, _s in content_kinds.swept() if kind.is_planted]
    recent = rows(_RECENT, most=_RECENT_SWEEPS, planted=planted, **asked)
    announced, since = rows(_ANNOUNCED, at=at, since=at - _ANNOUNCED_FOR, **asked)[0]
    if since is not None:
        announced -= rows(_PURGED_SINCE, since=since, **asked)[0][0]
    return Load(
        planned=planned.planned,
        announced=max(0, announced),
        recent=[row[0] for row in recent],
        stored=rows(_STORED, **asked)[0][0],
    )


def _stop(planned: _Planned, load: Load, cause: Cause, *, at: datetime) -> None:
    if not changed(_STOPPED, sweep=planned.id, at=at):
        return
    changed(_END_EARLIER, workspace=planned.workspace_id, at=at)
    changed(_SKIP, sweep=planned.id, at=at)
    changed(
        _STOP,
        workspace=planned.workspace_id,
        public_id=ids.new_uuid(),
        sweep=planned.id,
        cause=cause.value,
        planned=load.planned,
        announced=load.announced,
        usual=load.usual,
        stored=load.stored,
        at=at,
    )
    record(
        actor=SWEEPER,
        action="retention.sweep.stopped",
        target=Target(kind="sweep", id=planned.public_id),
        organization_id=planned.organization_id,
        workspace=planned.workspace,
        at=at,
        policy=planned.policy_versions,
        counts={
            "planned": load.planned,
            "announced": load.announced,
            "stored": load.stored,
            **({} if load.usual is None else {"usual": load.usual}),
        },
        details={"cause": cause.value},
        using=ALIAS,
    )
