"""Plans a run: windows of due ids, their digests, and one recorded root per sweep."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.log import tree
from audit.recording import Target, record
from audit.verification.selectors import sealed_through
from kit.actor import Actor
from retention.deletions.lateness import waiting_for
from retention.eligibility import conditions
from retention.eligibility.precedence import ScopeCutoffs
from retention.eligibility.scopes import WORKSPACE, ScopeKind
from retention.policies import selectors as policies
from retention.sweeps import kinds
from retention.sweeps.kinds import CONVERSATIONS
from retention.sweeps.services import lanes, leasing
from retention.sweeps.services.leasing import Lease
from retention.sweeps.storage import ALIAS, changed, records, rows, step

PROMISED_DAYS = 30
WINDOW = 4_000
PATIENCE = timedelta(minutes=1)
"""How long sealed plans wait for the other plans of their run."""

SWEEPER = Actor.system("sweeper")
TOMBSTONES = Actor.system("tombstones")
"""Opens the sweeps of a restored database (`replaying`): these take nothing else."""
BY_TOMBSTONE = "tombstone"
"""What `deleted_by` says of a row whose key was destroyed before the restore."""

_OPENED = """
select s.id, s.public_id, s.workspace_id, w.public_id, w.organization_id, s.started_by
from retention_sweep s join workspaces_workspace w on w.id = s.workspace_id
where s.run_id = %(run)s and s.state = 'opened' order by s.id
"""
# Windows are cut in id order over all workspaces, which is the order of the pages;
# a slice is one workspace's part of a window. Each kind has windows of its own, after
# those of the kinds before it.
_PLAN = f"""
with {conditions.CUTOFFS}, due as materialized (
    select c.id, c.workspace_id, c.public_id, {{held}} as held
    {{from_due}}
), numbered as (
    select *, %(first)s + (row_number() over (order by id) - 1) / %(window)s
              as window_no
    from due where not held
), slices as (
    insert into retention_sweepslice (workspace_id, run_id, sweep_id, kind, window_no,
        n, ids, digest, purged, held, skipped, failed, messages, files, bytes,
        attempts, took_ms)
    select d.workspace_id, %(run)s, s.id, %(kind)s, d.window_no, count(*),
           array_agg(d.id order by d.id),
           sha256(string_agg(uuid_send(d.public_id), ''::bytea order by d.public_id)),
           0, 0, 0, 0, 0, 0, 0, 0, 0
    from numbered d
    join retention_sweep s on s.run_id = %(run)s and s.workspace_id = d.workspace_id
    group by d.workspace_id, s.id, d.window_no
    returning sweep_id, window_no, n, digest
)
select sweep_id, window_no, n, digest, 0 as held from (
    select * from slices order by sweep_id, window_no) planned
union all
select s.id, 0, 0, null, count(*) from due d
join retention_sweep s on s.run_id = %(run)s and s.workspace_id = d.workspace_id
where d.held group by s.id
"""  # noqa: S608 -- constants
_COUNTED = """
insert into retention_sweepcount (workspace_id, sweep_id, kind, planned_n, held_n,
    purged_n, skipped_n, failed_n, bytes_n)
select %(workspace)s, %(sweep)s, x.kind, x.planned, x.held, 0, 0, 0, 0
from unnest(%(kinds)s::text[], %(planned)s::bigint[], %(held)s::bigint[])
    x(kind, planned, held)
"""
_PLANNED = """
update retention_sweep set state = 'planned', planned_n = %(n)s, held_n = %(held)s,
       plan_root = %(root)s, plan_entry_id = %(entry)s, planned_at = %(at)s,
       policy_versions = %(policies)s
where id = %(sweep)s and state = 'opened'
"""
_HIDDEN_ANEW = f" and c.deleted_by = '{BY_TOMBSTONE}'"
# What is late goes on record before it goes; a replay's sweep says nothing of it.
_LATE = f"""
update retention_sweep s set late_n = l.late
from unnest(%(ids)s::bigint[], %(late)s::bigint[]) l(workspace_id, late)
where s.run_id = %(run)s and s.workspace_id = l.workspace_id
  and s.started_by <> '{TOMBSTONES.id}'
"""  # noqa: S608 -- a constant
_RUN_PLANNED = "update retention_sweeprun set state = 'planned' where id = %(run)s"
_PLANS = """
select s.id as sweep, s.workspace_id as workspace, w.organization_id,
       s.plan_entry_id as entry_id, s.planned_at
from retention_sweep s join workspaces_workspace w on w.id = s.workspace_id
where s.run_id = %(run)s and s.state = 'planned' order by s.id
"""
_SEALED = """
with sweeps as (
    update retention_sweep set state = 'sealed', sealed_at = %(at)s
    where run_id = %(run)s and state = 'planned'
)
update retention_sweeprun set state = 'purging' where id = %(run)s
"""


@dataclass(frozen=True, kw_only=True)
class _Opened:
    sweep_id: int
    public_id: UUID
    workspace_id: int
    workspace: UUID
    organization_id: int
    started_by: str


class _Plan:
    """The slices of one sweep, in window order, and the numbers of each kind."""

    def __init__(self) -> None:
        self.slices = 0
        self.planned: dict[str, int] = defaultdict(int)
        self.held: dict[str, int] = defaultdict(int)
        self._tree = tree.CompactRange()

    def add(self, kind: str, n: int, digest: bytes | None, held: int) -> None:
        self.held[kind] += held
        if digest is not None:
            self.planned[kind] += n
            self.slices += 1
            self._tree.append(tree.leaf_hash(bytes(digest)))

    @property
    def others(self) -> list[str]:
        """The kinds beside conversations of which there is anything."""
        found = [*self.planned.items(), *self.held.items()]
        return sorted({kind for kind, n in found if n} - {CONVERSATIONS})

    @property
    def counts(self) -> dict[str, int]:
        """The numbers that the log's entry holds."""
        counts = {
            CONVERSATIONS: self.planned[CONVERSATIONS],
            "held": self.held[CONVERSATIONS],
            "slices": self.slices,
        }
        for kind in self.others:
            counts |= {kind: self.planned[kind], f"{kind}_held": self.held[kind]}
        return counts

    @property
    def root(self) -> bytes:
        return self._tree.root


def plan(lease: Lease, *, at: datetime) -> None:
    """Writes the manifest of the run and records each sweep's count and root."""
    with step():
        leasing.beat(lease)
        opened = [
            _Opened(
                sweep_id=row[0],
                public_id=row[1],
                workspace_id=row[2],
                workspace=row[3],
                organization_id=row[4],
                started_by=row[5],
            )
            for row in rows(_OPENED, run=lease.run_id)
        ]
        scopes = policies.cutoffs_at(
            workspace_ids=[sweep.workspace_id for sweep in opened], at=at, using=ALIAS
        )
        is_replay = any(sweep.started_by == TOMBSTONES.id for sweep in opened)
        plans = _planned(
            lease.run_id, scopes, only=_HIDDEN_ANEW if is_replay else "", at=at
        )
        for sweep in opened:
            _record(sweep, plans[sweep.sweep_id], _labels(sweep, scopes), at=at)
        late = waiting_for(
            workspace_ids=[sweep.workspace_id for sweep in opened],
            days=PROMISED_DAYS,
            at=at,
            using=ALIAS,
        )
        changed(_LATE, run=lease.run_id, ids=list(late), late=list(late.values()))
        changed(_RUN_PLANNED, run=lease.run_id)


def seal(lease: Lease, *, at: datetime) -> bool:
    """Lets the purge begin once every plan is under a signed checkpoint.

    One whose log is not signed a minute later, such as a log that somebody changed,
    waits in a run of its own.
    """
    with step():
        leasing.beat(lease)
        plans = records(_PLANS, run=lease.run_id)
        waiting = [
            plan
            for plan in plans
            if not sealed_through(
                organization_id=plan["organization_id"],
                entry_id=plan["entry_id"],
                using=ALIAS,
            )
        ]
        is_patient = any(plan["planned_at"] > at - PATIENCE for plan in waiting)
        if waiting and (is_patient or len(waiting) == len(plans)):
            return False
        for plan in waiting:
            lanes.part(lease, sweep=plan["sweep"], workspace=plan["workspace"])
        changed(_SEALED, run=lease.run_id, at=at)
        return True


def _planned(
    run_id: int, scopes: Sequence[ScopeCutoffs], *, only: str, at: datetime
) -> dict[int, _Plan]:
    plans: dict[int, _Plan] = defaultdict(_Plan)
    first = 0
    for kind in kinds.swept():
        statement = _PLAN.format(
            held=kind.relation.held, from_due=kind.relation.from_due + only
        )
        asked = {"run": run_id, "kind": kind.name, "window": WINDOW, "first": first}
        parameters = conditions.parameters(scopes, at=at, kind=kind.name)
        for sweep_id, window_no, n, digest, held in rows(
            statement, **asked, **parameters
        ):
            plans[sweep_id].add(kind.name, n, digest, held)
            first = max(first, window_no + 1) if digest is not None else first
    return plans


def _labels(sweep: _Opened, scopes: Sequence[ScopeCutoffs]) -> str:
    """The version that decided about conversations; narrower ones are only counted."""
    mine = [
        scope
        for scope in conditions.of_kind(scopes, CONVERSATIONS)
        if scope.workspace_id == sweep.workspace_id
    ]
    own = next(one.label for one in mine if one.scope == WORKSPACE)
    narrow = [one.scope.kind for one in mine if one.scope != WORKSPACE]
    if own == "plan" and narrow and set(narrow) == {ScopeKind.MEMBER}:
        return f"members-{len(narrow)}"
    return f"{own}-and-{len(narrow)}" if narrow else own


def _record(sweep: _Opened, plan: _Plan, policy: str, *, at: datetime) -> None:
    entry = record(
        actor=SWEEPER,
        action="retention.sweep.planned",
        target=Target(kind="sweep", id=sweep.public_id),
        organization_id=sweep.organization_id,
        workspace=sweep.workspace,
        at=at,
        policy=policy,
        counts=plan.counts,
        digests={"plan_root": plan.root.hex()},
        using=ALIAS,
    )
    changed(
        _PLANNED,
        sweep=sweep.sweep_id,
        n=plan.planned[CONVERSATIONS],
        held=plan.held[CONVERSATIONS],
        root=plan.root,
        entry=entry,
        policies=policy,
        at=at,
    )
    changed(
        _COUNTED,
        sweep=sweep.sweep_id,
        workspace=sweep.workspace_id,
        kinds=plan.others,
        planned=[plan.planned[kind] for kind in plan.others],
        held=[plan.held[kind] for kind in plan.others],
    )
