"""The one place that decides which conversations are visible, expired, due or held.

Sweep, batch, preview, counts, lists and "why" take their conditions from here; nobody
else writes a WHERE clause about them. A condition speaks of a conversation `c` and of
the cut-offs `k` that govern it: columns compared with times that `rules`
computed beforehand, never arithmetic on a row, so that the indexes on (workspace,
last activity) and (workspace, deletion) serve it.

`k` is bound in one of two ways: to the cut-offs of all scopes of many workspaces
(`CUTOFFS` and a FROM clause of this file), or to one scope's constants (`bound`). A
member's own scope wins over the workspace's. Future clock values never expire early.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db.models import BooleanField, Field
from django.db.models.expressions import RawSQL

from retention.eligibility.rules import Cutoffs, ScopeCutoffs
from retention.holds import coverage

CONVERSATIONS = "workspaces_conversation"

_BY_CREATION = "(c.is_temporary or k.by_creation)"
_EXPIRED = (
    f"(case when {_BY_CREATION} then c.created_at <= k.created_before"
    " else c.last_activity_at <= k.expire_before end)"
)
_OVERDUE = (
    f"(case when {_BY_CREATION} then c.created_at <= k.created_before"
    " else c.last_activity_at <= k.purge_before end)"
)
_STORED = "c.staged_by_id is null"

LIVE = f"({_STORED} and c.deleted_at is null and not {_EXPIRED})"
EXPIRED = f"({_STORED} and c.deleted_at is null and {_EXPIRED})"
DELETED = f"({_STORED} and c.deleted_at is not null)"
# What a failed import left behind is due at once. One that merely went silent is
# first marked failed (sweeps), so that it cannot complete what a purge took away.
DUE = f"""(case when {_STORED}
    then coalesce(c.deleted_at <= k.deleted_before, false) or {_OVERDUE}
    else exists (select from workspaces_import i
                 where i.id = c.staged_by_id and i.state = 'failed') end)"""
HELD = coverage.held(coverage.CONVERSATION)
STATE = f"""(case when not {_STORED} then 'staged'
    when c.deleted_at is not null then 'deleted'
    when {_EXPIRED} then 'expired' else 'live' end)"""

_TIMES = ("expire_before", "purge_before", "deleted_before", "created_before")
_COLUMNS = (*_TIMES, "by_creation")
# `b` holds the workspace's own cut-offs and, as bounds, the latest of all its scopes;
# `m` holds the scopes of members.
CUTOFFS = """
b as materialized (
    select * from unnest(
        %(b_workspace)s::bigint[], %(b_expire_before)s::timestamptz[],
        %(b_purge_before)s::timestamptz[], %(b_deleted_before)s::timestamptz[],
        %(b_created_before)s::timestamptz[], %(b_by_creation)s::boolean[],
        %(b_purge_bound)s::timestamptz[], %(b_deleted_bound)s::timestamptz[],
        %(b_created_bound)s::timestamptz[], %(b_label)s::text[]
    ) b(workspace_id, expire_before, purge_before, deleted_before, created_before,
        by_creation, purge_bound, deleted_bound, created_bound, label)
), m as materialized (
    select * from unnest(
        %(m_workspace)s::bigint[], %(m_membership)s::bigint[],
        %(m_expire_before)s::timestamptz[], %(m_purge_before)s::timestamptz[],
        %(m_deleted_before)s::timestamptz[], %(m_created_before)s::timestamptz[],
        %(m_by_creation)s::boolean[], %(m_label)s::text[]
    ) m(workspace_id, membership_id, expire_before, purge_before, deleted_before,
        created_before, by_creation, label)
)"""
_K = ", ".join(
    f"case when m.workspace_id is null then b.{name} else m.{name} end {name}"
    for name in (*_COLUMNS, "label")
)
_GOVERNED = f"""
left join m on m.workspace_id = c.workspace_id and m.membership_id = c.owner_id
cross join lateral (select {_K}) k"""

# Each arm is one index range; the later ones leave out what an earlier one found.
_MAY_BE_DUE = (
    "c.last_activity_at <= b.purge_bound",
    "c.deleted_at <= b.deleted_bound",
    "(c.is_temporary and c.created_at <= b.created_bound)",
    "(b.by_creation and c.created_at <= b.created_bound)",
    "c.staged_by_id is not null",
)


def _arms() -> str:
    arms = []
    for place, arm in enumerate(_MAY_BE_DUE):
        others = [f"({earlier}) is not true" for earlier in _MAY_BE_DUE[:place]]
        condition = " and ".join(["c.workspace_id = b.workspace_id", arm, *others])
        arms.append(f"select c.* from {CONVERSATIONS} c where {condition}")  # noqa: S608
    return " union all ".join(arms)


# `offset 0` keeps the planner from mixing the arms with the relations around them.
_CANDIDATES = f"(select * from ({_arms()}) arms offset 0) c {_GOVERNED}"  # noqa: S608
FROM_DUE = f"from b cross join lateral {_CANDIDATES} where {DUE}"
SOMETHING_DUE = f"exists (select from {_CANDIDATES} where {DUE} and not {HELD})"
FROM_ALL = f"""from b
join {CONVERSATIONS} c on c.workspace_id = b.workspace_id {_GOVERNED}"""
# Goes after `b` and a relation `i` of ids: what a plan lists, or one conversation.
OF_IDS = f"""join {CONVERSATIONS} c
on c.id = i.id and c.workspace_id = b.workspace_id {_GOVERNED}"""


def week(name: str) -> str:
    """In which of the weeks of `weeks(name=...)` a sweep takes a conversation.

    The number of the first week whose cut-off reaches it; the count of all weeks
    where none does.
    """
    before = "- interval '1 microsecond'"
    policy = (
        f"width_bucket(c.last_activity_at {before}, %({name}_purge)s::timestamptz[])"
    )
    created = f"width_bucket(c.created_at {before}, %({name}_created)s::timestamptz[])"
    deleted = f"width_bucket(c.deleted_at {before}, %({name}_deleted)s::timestamptz[])"
    return f"""(case when not {_STORED} then 0 else
        least({deleted}, case when {_BY_CREATION} then {created} else {policy} end)
        end)"""


def weeks(*, name: str, cutoffs: Sequence[Cutoffs]) -> dict[str, Any]:
    """The parameters of `week(name)`; what was taken in one week stays taken."""
    columns = {"purge": "purge_before", "created": "created_before"}
    columns["deleted"] = "deleted_before"
    return {
        f"{name}_{short}": list(
            accumulate((str(_operand(getattr(c, column))) for c in cutoffs), _later)
        )
        for short, column in columns.items()
    }


def widest(*cutoffs: Cutoffs) -> Cutoffs:
    """Cut-offs that reach whatever one of these reaches."""
    expire = [c.expire_before for c in cutoffs if c.expire_before]
    purge = [c.purge_before for c in cutoffs if c.purge_before]
    return Cutoffs(
        expire_before=max(expire, default=None),
        purge_before=max(purge, default=None),
        deleted_before=max(c.deleted_before for c in cutoffs),
        created_before=max(c.created_before for c in cutoffs),
        by_creation=any(c.by_creation for c in cutoffs),
    )


def parameters(scopes: Iterable[ScopeCutoffs], *, at: datetime) -> dict[str, Any]:
    """What CUTOFFS and the conditions need, for the scopes of any workspaces."""
    known = list(scopes)
    own = [scope for scope in known if scope.membership_id == 0]
    members = [scope for scope in known if scope.membership_id != 0]
    return {
        "at": at,
        "b_workspace": [scope.workspace_id for scope in own],
        "m_workspace": [scope.workspace_id for scope in members],
        "m_membership": [scope.membership_id for scope in members],
        "b_label": [scope.label for scope in own],
        "m_label": [scope.label for scope in members],
        **_arrays("b", own),
        **_arrays("m", members),
        **_bounds(own, members),
    }


def bound(
    condition: str,
    *,
    cutoffs: Cutoffs,
    at: datetime,
    output: "Field[Any, Any] | None" = None,
) -> RawSQL:
    """A condition, or STATE, for a queryset of conversations that one scope governs."""
    names = re.findall(r"\bk\.(\w+)|%\((at)\)s", condition)
    values = [
        at if is_at else _operand(getattr(cutoffs, name)) for name, is_at in names
    ]
    sql = re.sub(r"\bk\.(\w+)", _placeholder, condition)
    sql = sql.replace("%(at)s", "%s")
    sql = re.sub(r"\bc\.", f'"{CONVERSATIONS}".', sql)
    return RawSQL(sql, values, output_field=output or BooleanField())  # noqa: S611


def _placeholder(match: re.Match[str]) -> str:
    return "%s::timestamptz" if match[1] in _TIMES else "%s"


def _arrays(prefix: str, scopes: Sequence[ScopeCutoffs]) -> dict[str, list[Any]]:
    return {
        f"{prefix}_{name}": [_operand(getattr(s.cutoffs, name)) for s in scopes]
        for name in _COLUMNS
    }


def _bounds(
    own: Sequence[ScopeCutoffs], members: Sequence[ScopeCutoffs]
) -> dict[str, list[Any]]:
    latest: dict[int, list[Cutoffs]] = {s.workspace_id: [s.cutoffs] for s in own}
    for scope in members:
        latest[scope.workspace_id].append(scope.cutoffs)
    return {
        f"b_{name}_bound": [
            _operand(
                max(
                    (
                        moment
                        for cutoffs in latest[scope.workspace_id]
                        if (moment := getattr(cutoffs, f"{name}_before"))
                    ),
                    default=None,
                )
            )
            for scope in own
        ]
        for name in ("purge", "deleted", "created")
    }


def _later(one: str, other: str) -> str:
    """ISO times of one zone sort as text."""
    return other if one == "-infinity" else max(one, other)


def _operand(value: datetime | bool | None) -> bool | str:  # noqa: FBT001
    """Text, as arrays hold one type; where there is no cut-off nothing is older."""
    if isinstance(value, bool):
        return value
    return "-infinity" if value is None else value.isoformat(timespec="microseconds")
