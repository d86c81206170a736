"""Stops planned sweeps that would take far more than usual: called before the purge.

Runs in the engine, as the sweeper, between planning and sealing: nothing is gone yet.
The slices of a stopped sweep count as skipped, so that no batch picks them, and the
other sweeps of the run go on. Done again it changes nothing, and a worker that dies in
between does it anew: a plan is sealed only after it was asked here.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.recording import Target, record
from kit import content_kinds, ids
from retention.policies.safeguards.models import FACTOR, MINIMUM, PERCENT
from retention.policies.safeguards.rules import Threshold
from retention.sweeps.breaker import moves
from retention.sweeps.breaker.rules import (
    Cause,
    Limits,
    Load,
    cause_to_stop,
    needs_second_person,
    reaches_threshold,
)
from retention.sweeps.kinds import CONVERSATIONS, swept_named
from retention.sweeps.services import leasing
from retention.sweeps.services.leasing import Lease
from retention.sweeps.services.planning import SWEEPER
from retention.sweeps.storage import ALIAS, changed, records, rows, step
from workspaces.tenancy.models import WorkspaceState

# What falls due is purged within thirty days: older announcements are spent.
_ANNOUNCED_FOR = timedelta(days=30)
_RECENT_SWEEPS = 20

# Of a workspace that is being emptied all goes: its closing was announced to everybody,
# and by then few may enter, so that there may be no second person.
_LARGE = """
select * from (
select s.id, s.public_id, s.workspace_id, w.public_id as workspace, w.organization_id,
       s.policy_versions, s.planned_n + coalesce(o.n, 0)::bigint as planned,
       coalesce(g.breaker_factor, %(factor)s) as factor,
       coalesce(g.breaker_minimum, %(minimum)s) as minimum,
       coalesce(g.breaker_percent, %(percent)s) as percent,
       case when w.state <> %(emptying)s then g.approval_percent end
           as approval_percent,
       case when w.state <> %(emptying)s then g.approval_number end
           as approval_number
from retention_sweep s
join workspaces_workspace w on w.id = s.workspace_id
left join retention_safeguards g on g.workspace_id = s.workspace_id
left join lateral (select sum(c.planned_n) n from retention_sweepcount c
                   where c.sweep_id = s.id) o on true
where s.run_id = %(run)s and s.state = 'planned'
) planned
where planned > minimum
   or planned > 0 and coalesce(approval_percent, approval_number) is not null
order by id
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
# What was announced, of whatever kind, less what sweeps took since: a balance that no
# purge brings below nothing. So it is the most that is left counted from any
# announcement on; an old one that is used up takes nothing from a later one. What a
# policy announced counts no more once a version of it that keeps longer is in force.
_ANNOUNCED = """
select greatest(0, max(n))::bigint from (
    select sum(n) over (order by since desc) n from (
        select a.begins_at since, a.objects_n n from retention_announcement a
        where a.workspace_id = %(workspace)s and a.begins_at > %(since)s
          and a.begins_at <= %(at)s and (a.is_agreed or not %(only_agreed)s)
          and not exists (
            select from retention_policy p join retention_policy q
              on q.workspace_id = p.workspace_id and q.content_kind = p.content_kind
             and (q.scope_kind, q.group_id, q.membership_id, q.project_id)
                 is not distinct from
                 (p.scope_kind, p.group_id, p.membership_id, p.project_id)
             and q.version > p.version and q.in_force_at <= %(at)s
             and (q.days is null or q.days > p.days or p.is_withdrawal)
            where p.workspace_id = a.workspace_id and p.set_at = a.announced_at
              and p.set_by = a.announced_by)
        union all
        select s.opened_at, -(s.purged_n + coalesce(o.n, 0)) from retention_sweep s
        left join lateral (select sum(c.purged_n) n from retention_sweepcount c
                           where c.sweep_id = s.id) o on true
        where s.workspace_id = %(workspace)s and s.opened_at > %(since)s) moved) b
"""
_STORED = """
select count(*) from {table} c where c.workspace_id = %(workspace)s{whole}
"""
_BY_KIND = """
select kind, sum(n)::bigint from retention_sweepslice
where sweep_id = %(sweep)s group by kind
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
    announced_n, usual_n, stored_n, by_groups_n, needs_second, stopped_at,
    agreed_by, asked, confirmed_by)
values (%(workspace)s, %(public_id)s, %(sweep)s, %(cause)s, %(planned)s, %(announced)s,
    %(usual)s, %(stored)s, %(by_groups)s, %(needs_second)s, %(at)s, '', '{}', '')
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
    approval_percent: int | None
    approval_number: int | None

    @property
    def limits(self) -> Limits:
        return Limits(
            factor=self.factor,
            minimum=self.minimum,
            percent=self.percent,
            threshold=Threshold(
                percent=self.approval_percent, number=self.approval_number
            ),
        )


def stop_unusual(lease: Lease, *, at: datetime) -> None:
    """Takes the sweeps that a person has to look at out of a planned run."""
    defaults = {"factor": FACTOR, "minimum": MINIMUM, "percent": PERCENT}
    emptying = WorkspaceState.EMPTYING.value
    with step():
        leasing.beat(lease)
        for row in records(_LARGE, run=lease.run_id, emptying=emptying, **defaults):
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
    load = Load(
        planned=planned.planned,
        announced=_announced(planned, at=at),
        recent=[row[0] for row in recent],
        stored=_stored(planned, CONVERSATIONS),
    )
    if not planned.limits.threshold.is_on:
        return load
    by_kind = dict(rows(_BY_KIND, sweep=planned.id))
    due = {kind: n for kind, n in by_kind.items() if kind not in planted}
    load = replace(
        load,
        due=due,
        stored_of={kind: _stored(planned, kind) for kind in due}
        if planned.approval_percent is not None
        else {},
    )
    if not reaches_threshold(load, planned.limits):
        return load
    return replace(
        load,
        agreed=_announced(planned, only_agreed=True, at=at),
        by_groups=moves.by_groups(
            sweep=planned.id, workspace_id=planned.workspace_id, planned=due, at=at
        ),
    )


def _announced(planned: _Planned, *, only_agreed: bool = False, at: datetime) -> int:
    asked = {"workspace": planned.workspace_id, "only_agreed": only_agreed}
    found = rows(_ANNOUNCED, at=at, since=at - _ANNOUNCED_FOR, **asked)
    return int(found[0][0])


def _stored(planned: _Planned, kind: str) -> int:
    one = swept_named(kind)
    whole = f" and c.{one.staged} is null" if one.staged else ""
    statement = _STORED.format(table=one.root, whole=whole)
    return int(rows(statement, workspace=planned.workspace_id)[0][0])


def _stop(planned: _Planned, load: Load, cause: Cause, *, at: datetime) -> None:
    if not changed(_STOPPED, sweep=planned.id, at=at):
        return
    by_groups = sum(load.by_groups.values())
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
        by_groups=by_groups,
        needs_second=needs_second_person(load, planned.limits),
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
            **({"by_groups": by_groups} if by_groups else {}),
        },
        details={"cause": cause.value},
        using=ALIAS,
    )
