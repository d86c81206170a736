"""Answers what a release would make purgeable, and when.

The one eligibility function, asked for the moment at which the grace after release
ends, with the scopes that are to be released left aside: what it counts is what a
sweep takes then, if nothing else changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from kit import content_kinds
from retention.eligibility import conditions, kinds
from retention.eligibility.kinds import Relation
from retention.holds import coverage, selectors
from retention.holds.coverage import Kind
from retention.holds.models import Hold, HoldScope
from retention.policies import selectors as policies
from workspaces.tenancy.selectors import WorkspaceRef

_LEFT_ASIDE = f"{coverage.ACTIVE} and h.id <> all(%(scopes)s)"
_RELEASED = "h.id = any(%(scopes)s)"
_COUNTS = """
with {cutoffs}, i as (select distinct id from ({covering}) found), found as (
    select {other} as other, {due} as due, c.byte_count
    from b cross join i {of_ids}
)
select '{kind}', count(*), count(*) filter (where due and not other),
       coalesce(sum(byte_count) filter (where due and not other), 0)::bigint,
       count(*) filter (where not due and not other), count(*) filter (where other)
from found
"""


@dataclass(frozen=True)
class Freed:
    """What of one kind a release frees.

    `due` may be purged when the grace ends, `later` follows its policy or is kept by
    none, `held` stays under another hold.
    """

    kind: str
    objects: int
    due: int
    bytes: int
    later: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a release frees, when its grace ends, and until when it must be gone."""

    kinds: tuple[Freed, ...]
    grace_until: datetime
    purged_by: datetime

    @property
    def due(self) -> int:
        """How many objects may be purged as soon as the grace ends."""
        return sum(one.due for one in self.kinds)


def after_release(
    *,
    workspace: WorkspaceRef,
    hold: Hold,
    scope: HoldScope | None = None,
    at: datetime,
) -> Outcome:
    """What releasing a hold, or one scope of it, at `at` would free."""
    rows = HoldScope.objects.filter(hold=hold, released_at__isnull=True)
    released = list(rows.values_list("pk", flat=True)) if scope is None else [scope.pk]
    until = at + timedelta(days=selectors.grace_days())
    found = [
        _freed(of, relation, workspace, released, at=until)
        for of, relation in _relations()
    ]
    return Outcome(
        kinds=tuple(one for one in found if one.objects),
        grace_until=until,
        purged_by=at + timedelta(days=30),
    )


def _relations() -> Sequence[tuple[Kind, Relation]]:
    return [
        (coverage.CONVERSATION, kinds.CONVERSATIONS),
        *(
            (coverage.of_storage(storage), kinds.relation(kind, storage))
            for kind, storage in content_kinds.simple()
        ),
    ]


def _freed(
    of: Kind,
    relation: Relation,
    workspace: WorkspaceRef,
    released: Sequence[int],
    *,
    at: datetime,
) -> Freed:
    scopes = policies.cutoffs_at(workspace_ids=[workspace.id], at=at)
    parameters: dict[str, Any] = conditions.parameters(scopes, at=at, kind=of.name)
    statement = _COUNTS.format(
        cutoffs=conditions.CUTOFFS,
        covering=coverage.covering(of, where=_RELEASED),
        other=coverage.held(of, active=_LEFT_ASIDE),
        due=relation.due,
        of_ids=relation.of_ids,
        kind=of.name,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | {"scopes": list(released)})
        return Freed(*cursor.fetchone())
