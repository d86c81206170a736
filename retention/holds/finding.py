"""Finds whom a matter may concern, by metadata alone: never by titles or content."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from retention.holds import coverage
from retention.holds.counting import Coverage, Share
from retention.holds.coverage import Kind
from retention.holds.matters import Named

MOST_ROWS = 200
_OF_KIND = """
select c.{owner} owner, '{kind}' kind, count(*) n, count(c.deleted_at) deleted,
       coalesce(sum(c.byte_count), 0)::bigint bytes, min(c.created_at) first_at,
       max(c.{active}) last_at
from {table} c where {condition} group by c.{owner}
"""
_WHERE = {
    "workspaces_conversation": "project_id",
    "workspaces_project": "id",
    "workspaces_projectfile": "project_id",
}
_OF_GPT = {"workspaces_gpt": "id", "workspaces_gptfile": "gpt_id"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """What matches, the members with most of it first; whether there is more."""

    coverage: Coverage
    is_cut: bool


def matching(*, named: Named) -> Found:
    """What lies within all of this; members that are not named mean every member."""
    wanted = named.narrowing.content_kinds
    arms = [
        _OF_KIND.format(
            owner=kind.owner,
            kind=kind.name,
            active=kind.active,
            table=kind.table,
            condition=" and ".join(conditions),
        )
        for kind in coverage.kinds()
        if (conditions := _conditions(kind, named)) and _is_wanted(kind, wanted)
    ]
    if not arms:
        return Found(coverage=Coverage(shares=()), is_cut=False)
    statement = (
        f"select * from ({' union all '.join(arms)}) found"  # noqa: S608 -- constants
        f" order by n desc, owner, kind limit {MOST_ROWS + 1}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(named))
        rows = cursor.fetchall()
    shares = tuple(Share(*row) for row in rows[:MOST_ROWS])
    return Found(coverage=Coverage(shares=shares), is_cut=len(rows) > MOST_ROWS)


def _is_wanted(kind: Kind, wanted: tuple[str, ...] | None) -> bool:
    return wanted is None or kind.name in wanted


def _conditions(kind: Kind, named: Named) -> list[str]:
    """Empty where a kind cannot match: memories are in no project."""
    narrowing = named.narrowing
    since = kind.created if narrowing.dates_of == "creation" else kind.active
    found = [
        f"(%(since)s::timestamptz is null or c.{since} >= %(since)s)",
        f"(%(until)s::timestamptz is null or c.{kind.created} <= %(until)s)",
    ]
    if named.membership_ids:
        found.append(f"c.{kind.owner} = any(%(members)s)")
    if named.project_ids or named.gpt_ids:
        places = _places(kind, named)
        return [*found, f"({' or '.join(places)})"] if places else []
    return found


def _places(kind: Kind, named: Named) -> list[str]:
    places = []
    if named.project_ids and kind.table in _WHERE:
        places.append(f"c.{_WHERE[kind.table]} = any(%(projects)s)")
    if named.gpt_ids and kind.table in _OF_GPT:
        places.append(f"c.{_OF_GPT[kind.table]} = any(%(gpts)s)")
    return places


def _parameters(named: Named) -> dict[str, Any]:
    return {
        "since": named.narrowing.from_at,
        "until": named.narrowing.until_at,
        "members": list(named.membership_ids),
        "projects": list(named.project_ids),
        "gpts": list(named.gpt_ids),
    }
