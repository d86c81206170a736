"""The one place that decides which conversations are visible, expired, due or held.

Sweep, batch, preview, counts, lists and "why" take their conditions from here; nobody
else writes a WHERE clause about them. A condition speaks of a conversation `c` and of
the cut-offs `k` that govern it: columns compared with times that `rules`
computed beforehand, never arithmetic on a row, so that the indexes on (workspace,
last activity) and (workspace, deletion) serve it.

`k` is bound in one of two ways: to the cut-offs of all scopes of many workspaces
(`CUTOFFS` and a FROM clause of this file), or to constants for a queryset (`bound`).
The most specific scope wins, as `precedence` says. Future clock values never expire
early.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Field
from django.db.models.expressions import RawSQL

from retention.eligibility.precedence import ScopeCutoffs
from retention.eligibility.rules import Cutoffs
from retention.eligibility.scopes import CONVERSATIONS as CONVERSATION_KIND
from retention.eligibility.scopes import TEMPORARY_CHATS, WORKSPACE, Scope
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
# `b` holds the workspaces' own cut-offs; `s` those of groups, members and projects, by
# kind of scope; `m` those of each member, own and of all their groups laid over each
# other; `p` those of projects. The last three are empty, and cost nothing, where a
# workspace has but one policy. `ref` is the place of a scope among all of its kind.
# The lateral join keeps the planner from reading the members of groups that no policy
# names; `is_new` came lately, `is_gone` left lately and is kept for, not governed.
# So is what lies in a project that was deleted, until the project itself goes.
# See `precedence` for what is computed; a least leaves out what is null.
CUTOFFS = """
b as materialized (
    select * from unnest(
        %(b_workspace)s::bigint[], %(b_expire_before)s::timestamptz[],
        %(b_purge_before)s::timestamptz[], %(b_deleted_before)s::timestamptz[],
        %(b_created_before)s::timestamptz[], %(b_by_creation)s::boolean[],
        %(b_created_bound)s::timestamptz[], %(b_label)s::text[], %(b_ref)s::int[]
    ) b(workspace_id, expire_before, purge_before, deleted_before, created_before,
        by_creation, created_bound, label, ref)
), s as materialized (
    select * from unnest(
        %(s_kind)s::text[], %(s_workspace)s::bigint[], %(s_id)s::bigint[],
        %(s_expire_before)s::timestamptz[], %(s_purge_before)s::timestamptz[],
        %(s_created_before)s::timestamptz[], %(s_governs)s::boolean[],
        %(s_is_young)s::boolean[], %(s_label)s::text[], %(s_ref)s::int[],
        %(s_settled_at)s::timestamptz[]
    ) s(kind, workspace_id, id, expire_before, purge_before, created_before, governs,
        is_young, label, ref, settled_at)
), m as materialized (
    select workspace_id, membership_id,
           case when o.governs then o.expire_before else g.expire_before end
               expire_before,
           case when o.governs and not o.is_young then o.purge_before
                else least(o.purge_before, g.purge_before) end purge_before,
           coalesce(o.created_before, g.created_before) created_before,
           coalesce(o.governs, false) or coalesce(g.governs, false) governs,
           not (coalesce(o.governs and not o.is_young, false)
                or coalesce(g.governs and not g.is_young, false)) is_young,
           case when o.governs then o.label else g.label end label,
           case when o.governs then o.ref else g.ref end ref
    from (select *, id as membership_id from s where kind = 'member') o
    full join (
        select g.workspace_id, i.membership_id,
               min(g.expire_before) filter (where i.governs) expire_before,
               min(g.purge_before) purge_before,
               min(g.created_before) filter (where not i.is_gone) created_before,
               bool_or(i.governs) governs,
               not bool_or(i.governs and not g.is_young and not i.is_new) is_young,
               (array_agg(g.label order by g.expire_before, g.label)
                   filter (where i.governs))[1] label,
               (array_agg(g.ref order by g.expire_before, g.label)
                   filter (where i.governs))[1] ref
        from s g cross join lateral (
            select i.membership_id, g.governs, false is_gone,
                   coalesce(i.joined_at > g.settled_at, false) is_new
            from workspaces_groupmember i
            where i.workspace_id = g.workspace_id and i.group_id = g.id
              and i.membership_id is not null
            union all
            select f.membership_id, false, true, false
            from workspaces_formergroupmember f
            where f.workspace_id = g.workspace_id and f.group_id = g.id
              and f.left_at > g.settled_at offset 0
        ) i where g.kind = 'group' group by 1, 2
    ) g using (workspace_id, membership_id)
), p as materialized (
    select s.workspace_id, s.id project_id, s.expire_before, s.purge_before,
           case when x.deleted_at is null then s.created_before end created_before,
           s.governs and x.deleted_at is null governs, s.is_young, s.label, s.ref
    from s join b on b.workspace_id = s.workspace_id
    left join lateral (
        select x.deleted_at from workspaces_project x
        where x.workspace_id = s.workspace_id and x.id = s.id
          and x.deleted_at <= %(at)s offset 0) x on true
    where s.kind = 'project' and (x.deleted_at <= b.deleted_before) is not true
)"""
_OF_OWNER = """case when m.workspace_id is null then b.purge_before
    when m.governs and not m.is_young then m.purge_before
    else least(m.purge_before, b.purge_before) end"""


def governed(*, owner: str, project: str) -> str:
    """Joins `k` to rows `c` with these columns; `project` empty where they have none.

    Goes after `b`.
    """
    named = ("expire_before", "label", "ref")
    if project:
        joins = f"""left join p
on p.workspace_id = c.workspace_id and p.project_id = c.{project}"""
        purge = f"""case when p.workspace_id is null then {_OF_OWNER}
    when p.governs and not p.is_young then p.purge_before
    else least(p.purge_before, {_OF_OWNER}) end"""
        first, created = "when p.governs then p.{name} ", "p.created_before, "
    else:
        joins, purge, first, created = "", _OF_OWNER, "", ""
    narrowest = ", ".join(
        f"case {first.format(name=name)}when m.governs then m.{name}"
        f" else b.{name} end {name}"
        for name in named
    )
    return f"""
left join m on m.workspace_id = c.workspace_id and m.membership_id = c.{owner}
{joins}
cross join lateral (select {narrowest}, {purge} purge_before, b.deleted_before,
    coalesce({created}m.created_before, b.created_before) created_before,
    b.by_creation) k"""


def clock_arms(*, table: str, clock: str, owner: str, project: str) -> tuple[str, ...]:
    """What may be due by its age: each arm is one index range.

    A member's or project's own cut-off is a range of its own, so that one that keeps
    for a day does not have the rest of a workspace read.
    """
    mine = f"{table} c where c.workspace_id = b.workspace_id"
    narrower = f"c.{clock} > b.purge_before"
    of_member = _of_member(clock, owner)
    arms = [
        f"{mine} and c.{clock} <= b.purge_before and b.purge_before > '-infinity'",
        f"m, {mine} and m.workspace_id = b.workspace_id and {narrower}"
        f" and c.{owner} = m.membership_id and c.{clock} <= m.purge_before",
    ]
    if project:
        arms.append(
            f"p, {mine} and p.workspace_id = b.workspace_id and {narrower}"
            f" and c.{project} = p.project_id and c.{clock} <= p.purge_before"
            f" and not {of_member}"
        )
    return tuple(arms)


def by_clock(*, clock: str, owner: str, project: str) -> str:
    """Whether one of these arms found a row."""
    of_project = f"""exists (select from p where p.workspace_id = c.workspace_id
    and p.project_id = c.{project} and c.{clock} <= p.purge_before)"""
    own = f"c.{clock} <= b.purge_before or {_of_member(clock, owner)}"
    return f"({own} or {of_project})" if project else f"({own})"


def _of_member(clock: str, owner: str) -> str:
    return f"""exists (select from m where m.workspace_id = c.workspace_id
    and m.membership_id = c.{owner} and c.{clock} <= m.purge_before)"""


_OLD_TEMPORARY = "(c.is_temporary and c.created_at <= b.created_bound)"
_OLD_BY_CREATION = "(b.by_creation and c.created_at <= b.created_before)"
_COLUMNS_OF_CONVERSATIONS = {
    "clock": "last_activity_at",
    "owner": "owner_id",
    "project": "project_id",
}
_GOVERNED = governed(owner="owner_id", project="project_id")


def _arms() -> str:
    """The later arms leave out what an earlier one found."""
    mine = f"{CONVERSATIONS} c where c.workspace_id = b.workspace_id"
    is_old = by_clock(**_COLUMNS_OF_CONVERSATIONS)
    deleted = "(c.deleted_at <= b.deleted_before) is not true"
    temporary, created = _OLD_TEMPORARY, _OLD_BY_CREATION
    arms = (
        *clock_arms(table=CONVERSATIONS, **_COLUMNS_OF_CONVERSATIONS),
        f"{mine} and c.deleted_at <= b.deleted_before and not {is_old}",
        f"{mine} and {temporary} and {deleted} and not {is_old}",
        f"{mine} and {created} and {deleted} and not {is_old} and not {temporary}",
        f"{mine} and c.staged_by_id is not null and {deleted} and not {is_old}"
        f" and not {temporary} and not {created}",
    )
    return " union all ".join(f"select c.* from {arm}" for arm in arms)  # noqa: S608


# `offset 0` keeps the planner from mixing the arms with the relations around them.
_CANDIDATES = f"(select * from ({_arms()}) arms offset 0) c {_GOVERNED}"  # noqa: S608
FROM_DUE = f"from b cross join lateral {_CANDIDATES} where {DUE}"
SOMETHING_DUE = f"exists (select from {_CANDIDATES} where {DUE} and not {HELD})"
FROM_REACHED = f"""from b join {CONVERSATIONS} c on c.workspace_id = b.workspace_id
where (c.last_activity_at <= b.purge_before or c.deleted_at <= b.deleted_before
    or {_OLD_TEMPORARY} or {_OLD_BY_CREATION} or c.staged_by_id is not null)"""
FROM_ALL = f"""from b
join {CONVERSATIONS} c on c.workspace_id = b.workspace_id {_GOVERNED}"""
# Goes after `b` and a relation `i` of ids: what a plan lists, or one conversation.
OF_IDS = f"""join {CONVERSATIONS} c
on c.id = i.id and c.workspace_id = b.workspace_id {_GOVERNED}"""


def of_kind(scopes: Iterable[ScopeCutoffs], kind: str) -> list[ScopeCutoffs]:
    """The scopes that govern a kind, in the order that `ref` counts in.

    A kind that no policy governs goes by an explicit delete only.
    """
    known = list(scopes)
    found = [scope for scope in known if scope.content_kind == kind]
    if found:
        return found
    return [
        replace(
            one,
            content_kind=kind,
            label="plan",
            cutoffs=replace(one.cutoffs, expire_before=None, purge_before=None),
        )
        for one in known
        if one.content_kind == CONVERSATION_KIND and one.scope == WORKSPACE
    ]


def parameters(
    scopes: Iterable[ScopeCutoffs], *, at: datetime, kind: str = CONVERSATION_KIND
) -> dict[str, Any]:
    """What CUTOFFS and the conditions need, for the scopes of any workspaces."""
    known = list(scopes)
    created = _created(known) if kind == CONVERSATION_KIND else {}
    mine = list(enumerate(of_kind(known, kind)))
    own = [(ref, one) for ref, one in mine if one.scope == WORKSPACE]
    narrow = [(ref, one) for ref, one in mine if one.scope != WORKSPACE]
    # A scope may have a policy for temporary chats alone.
    named = {(one.workspace_id, one.scope) for _ref, one in mine}
    narrow += [(-1, one) for key, one in created.items() if key not in named]
    return {"at": at, **_own(own, created), **_narrow(narrow, created)}


_Created = dict[tuple[int, Scope], ScopeCutoffs]


def _created(known: Sequence[ScopeCutoffs]) -> _Created:
    """What governs temporary chats, by scope; it lies beside the other cut-offs."""
    return {
        (one.workspace_id, one.scope): one
        for one in known
        if one.content_kind == TEMPORARY_CHATS and one.governs
    }


def _created_before(one: ScopeCutoffs, created: _Created) -> datetime | None:
    """Up to when temporary chats go; where creation ages all, the plan says it."""
    found = created.get((one.workspace_id, one.scope))
    if one.cutoffs.by_creation or (found is None and one.scope == WORKSPACE):
        return one.cutoffs.created_before
    return found.cutoffs.expire_before if found else None


def with_created(own: ScopeCutoffs, known: Sequence[ScopeCutoffs]) -> Cutoffs:
    """The cut-offs of a workspace, with what governs its temporary chats."""
    before = _created_before(own, _created(known))
    return replace(own.cutoffs, created_before=before or own.cutoffs.created_before)


def _own(
    own: Sequence[tuple[int, ScopeCutoffs]], created: _Created
) -> dict[str, list[Any]]:
    latest: dict[int, list[datetime]] = defaultdict(list)
    for (workspace_id, _scope), one in created.items():
        if one.cutoffs.expire_before:
            latest[workspace_id].append(one.cutoffs.expire_before)
    before = [_created_before(one, created) for _ref, one in own]
    rows = zip(own, before, strict=True)
    bounds = [
        max([*latest[one.workspace_id], *([moment] if moment else [])], default=None)
        for (_ref, one), moment in rows
    ]
    return {
        "b_workspace": [one.workspace_id for _ref, one in own],
        "b_label": [one.label for _ref, one in own],
        "b_ref": [ref for ref, _one in own],
        **_arrays("b", [one.cutoffs for _ref, one in own]),
        "b_created_before": [_operand(moment) for moment in before],
        "b_created_bound": [_operand(moment) for moment in bounds],
    }


def _narrow(
    narrow: Sequence[tuple[int, ScopeCutoffs]], created: _Created
) -> dict[str, list[Any]]:
    """Where only temporary chats are governed, the wider scope decides all else."""
    before = [_created_before(one, created) for _ref, one in narrow]
    return {
        "s_kind": [one.scope.kind.value for _ref, one in narrow],
        "s_workspace": [one.workspace_id for _ref, one in narrow],
        "s_id": [one.scope.id for _ref, one in narrow],
        "s_expire_before": [
            _operand(one.cutoffs.expire_before) for _ref, one in narrow
        ],
        "s_purge_before": [
            None if ref < 0 else _operand(one.cutoffs.purge_before)
            for ref, one in narrow
        ],
        "s_created_before": [moment and _operand(moment) for moment in before],
        "s_governs": [ref >= 0 and one.governs for ref, one in narrow],
        "s_is_young": [ref < 0 or one.is_young for ref, one in narrow],
        "s_label": [one.label for _ref, one in narrow],
        "s_ref": [ref for ref, _one in narrow],
        "s_settled_at": [_operand(one.settled_at) for _ref, one in narrow],
    }


NARROWER = f"""with {CUTOFFS}
select 'owner_id', membership_id, case when governs then expire_before end::text,
       created_before::text from m
union all
select 'project_id', project_id, case when governs then expire_before end::text,
       created_before::text from p"""  # noqa: S608 -- constants
"""What members and projects have of their own, for `bound`."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What governs the rows of a queryset: a workspace's cut-offs, and narrower ones.

    `narrower` holds, for a column of the cut-offs and a column of the row, the times
    by id; a time is text as SQL reads it.
    """

    cutoffs: Cutoffs
    narrower: Mapping[str, Mapping[str, Mapping[int, str]]] = field(
        default_factory=dict
    )


def bound(
    condition: str,
    *,
    known: Known,
    at: datetime,
    table: str = CONVERSATIONS,
    output: "Field[Any, Any] | None" = None,
) -> RawSQL:
    """A condition on visibility, or STATE, for a queryset of one workspace."""
    values: list[Any] = []

    def placeholder(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            values.append(at)
            return "%s"
        maps = known.narrower.get(name, {})
        own = _operand(getattr(known.cutoffs, name))
        values.extend(json.dumps(times) for times in maps.values())
        values.append(own)
        mark = "%s::timestamptz" if name in _TIMES else "%s"
        if not maps:
            return mark
        found = [f"(%s::jsonb ->> c.{column}::text)::timestamptz" for column in maps]
        return f"coalesce({', '.join([*found, mark])})"

    sql = re.sub(r"\bk\.(\w+)|%\(at\)s", placeholder, condition)
    sql = re.sub(r"\bc\.", f'"{table}".', sql)
    return RawSQL(sql, values, output_field=output or BooleanField())  # noqa: S611


def _arrays(prefix: str, cutoffs: Sequence[Cutoffs]) -> dict[str, list[Any]]:
    return {
        f"{prefix}_{name}": [_operand(getattr(one, name)) for one in cutoffs]
        for name in _COLUMNS
    }


def _operand(value: datetime | bool | None) -> bool | str:  # noqa: FBT001
    """Text, as arrays hold one type; where there is no cut-off nothing is older."""
    if isinstance(value, bool):
        return value
    return "-infinity" if value is None else value.isoformat(timespec="microseconds")
