"""Counts what a planned sweep takes only because somebody came into a group or left.

The plan is asked again under the same policies, as if every change of groups of the
last KEPT_DAYS had just been made: what these changes would still keep then is due by
them alone. Runs in the engine, as the sweeper.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from retention.eligibility import conditions
from retention.eligibility.precedence import ScopeCutoffs
from retention.eligibility.scopes import ScopeKind
from retention.policies import selectors as policies
from retention.sweeps.kinds import Swept, swept
from retention.sweeps.storage import ALIAS, rows
from workspaces.groups.rules import KEPT_DAYS

_STILL_DUE = """
with {cutoffs}, i as materialized (
    select unnest(l.ids) id from retention_sweepslice l
    where l.sweep_id = %(sweep)s and l.kind = %(kind)s
)
select count(*) from b cross join i {of_ids} where {due}
"""


def by_groups(
    *, sweep: int, workspace_id: int, planned: dict[str, int], at: datetime
) -> dict[str, int]:
    """By kind, how much of what was planned changes of groups alone let go.

    Empty where no policy of a group counts.
    """
    scopes = policies.cutoffs_at(workspace_ids=[workspace_id], at=at, using=ALIAS)
    before = [as_if_just_changed(one, at=at) for one in scopes]
    grouped = {s.content_kind for s in scopes if s.scope.kind is ScopeKind.GROUP}
    found = {
        kind.name: planned[kind.name] - _still_due(kind, before, sweep=sweep, at=at)
        for kind in swept()
        if kind.name in grouped and planned.get(kind.name)
    }
    return {kind: n for kind, n in found.items() if n > 0}


def as_if_just_changed(one: ScopeCutoffs, *, at: datetime) -> ScopeCutoffs:
    """The same cut-offs, as if changes of groups settled only after KEPT_DAYS."""
    if one.scope.kind is not ScopeKind.GROUP or one.settled_at is None:
        return one
    return replace(one, settled_at=at - timedelta(days=KEPT_DAYS))


def _still_due(
    kind: Swept, before: Sequence[ScopeCutoffs], *, sweep: int, at: datetime
) -> int:
    statement = _STILL_DUE.format(
        cutoffs=conditions.CUTOFFS, of_ids=kind.relation.of_ids, due=kind.relation.due
    )
    asked = conditions.parameters(before, at=at, kind=kind.name)
    found = rows(statement, sweep=sweep, kind=kind.name, **asked)
    return int(found[0][0])
