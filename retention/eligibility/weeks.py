"""Counts, in SQL, what sweeps of coming weeks would take under two sets of policies.

`new` is what is asked about, `old` what is in force. Items that the same scopes may
govern have the same `sort`; a relation `y` gives for each sort the cut-offs of each
week. What one week took stays taken. The candidates and the rest of the condition are
those of the sweep, under cut-offs that reach whatever any of the weeks reaches.
"""

from kit import content_kinds
from kit.content_kinds import ContentKind, Storage
from retention.eligibility import conditions, kinds
from retention.eligibility.scopes import TEMPORARY_CHATS, ScopeKind

WEEKS = 12
AGE_EDGES = (30, 60, 90, 180, 365, 730)
"""The bounds of the bands of age, in days before the first sweep."""

_SORTS = """
xm as materialized (
    select * from unnest(%(xm_id)s::bigint[], %(xm_sort)s::int[]) xm(id, sort)
), xp as materialized (
    select * from unnest(%(xp_id)s::bigint[], %(xp_sort)s::int[]) xp(id, sort)
), y as materialized (
    select sort, new_purge::timestamptz[], new_created::timestamptz[],
           old_purge::timestamptz[], old_created::timestamptz[],
           %(deleted)s::timestamptz[] deleted
    from unnest(%(y_sort)s::int[], %(new_purge)s::text[], %(new_created)s::text[],
                %(old_purge)s::text[], %(old_created)s::text[])
        y(sort, new_purge, new_created, old_purge, old_created)
)"""
_COUNTED = """with {cutoffs}, {sorts}, found as (
    select {new} as taken, {old} as today, {held} as held, {kind} as kind,
           width_bucket({clock}, %(edges)s::timestamptz[]) as age, {owner} as owner,
           y.sort, {messages} as messages, {files} as files, c.byte_count as bytes,
           {by_policy} as clock
    {rows}
), cells as materialized (
    select taken, today, held, kind, case when is_now then age else 0 end age,
           case when is_now then owner end owner, sort, count(*) items,
           sum(messages)::bigint messages, sum(files)::bigint files,
           sum(bytes)::bigint bytes, min(clock) oldest, max(clock) newest
    from (select *, taken = 0 and not held as is_now from found) f
    group by 1, 2, 3, 4, 5, 6, 7
), owners as materialized (
    select owner, sum(items)::bigint items, sum(bytes)::bigint bytes
    from cells where owner is not null group by 1
)
select 'cell', taken, today, held, kind, age, sort, sum(items)::bigint,
       sum(messages)::bigint, sum(files)::bigint, sum(bytes)::bigint, min(oldest),
       max(newest)
from cells group by taken, today, held, kind, age, sort
union all
(select 'owner', 0, 0, false, '', 0, owner, items, count(*) over (), 0, bytes,
        null, null
 from owners order by items desc, owner limit %(most_owners)s)
union all
(select 'group', 0, 0, false, '', 0, g.group_id, sum(items)::bigint, 0, 0,
        sum(bytes)::bigint, null, null
 from owners o join workspaces_groupmember g
   on g.workspace_id = %(workspace)s and g.membership_id = o.owner
 group by g.group_id order by 8 desc, 7 limit %(most_groups)s)
"""
_LISTED = """with {cutoffs}, {sorts}
select c.id, c.public_id, {clock}, c.deleted_at, {held}
{rows} and {new} = 0 order by c.id
"""


def counted(content_kind: str, scope: ScopeKind) -> str:
    """The statement that counts one kind in one kind of scope."""
    return _COUNTED.format(**_pieces(content_kind, scope))


def listed(content_kind: str, scope: ScopeKind) -> str:
    """The statement that lists what the first sweep would take, held ones marked."""
    return _LISTED.format(**_pieces(content_kind, scope))


def _pieces(content_kind: str, scope: ScopeKind) -> dict[str, str]:
    found = _simple(content_kind)
    known = content_kinds.governed_named(content_kind)
    relation = kinds.CONVERSATIONS if found is None else kinds.relation(*found)
    owner = "owner_id" if found is None else found[1].owner
    clock = "last_activity_at" if found is None else known.clock
    is_chat = found is None
    rows = f"""from (select c.* {relation.from_due}) c
left join xm on xm.id = c.{owner}
left join xp on xp.id = {f"c.{known.project}" if known.project else "null"}
join y on y.sort = coalesce(xm.sort, 0) + coalesce(xp.sort, 0)
where {_inside(scope, owner, known.project)}{_alone(content_kind)}"""
    return {
        "cutoffs": conditions.CUTOFFS,
        "sorts": _SORTS,
        "rows": rows,
        "new": _taken("new", clock, is_chat=is_chat),
        "old": _taken("old", clock, is_chat=is_chat),
        "held": relation.held,
        "clock": f"c.{clock}",
        "owner": f"c.{owner}",
        "kind": "case when c.is_temporary then 'temporary_chats' else 'conversations'"
        " end"
        if is_chat
        else f"'{content_kind}'",
        "messages": "c.message_count" if is_chat else "0",
        "files": "c.file_count" if is_chat else "0",
        "by_policy": f"case when c.deleted_at is null and not c.is_temporary"
        f" then c.{clock} end"
        if is_chat
        else f"case when c.deleted_at is null then c.{clock} end",
    }


def _simple(content_kind: str) -> tuple[ContentKind, Storage] | None:
    return next((f for f in content_kinds.swept() if f[0].name == content_kind), None)


def _alone(content_kind: str) -> str:
    """Conversations are counted with all that their sweep takes, others alone."""
    return " and c.is_temporary" if content_kind == TEMPORARY_CHATS else ""


def _inside(scope: ScopeKind, owner: str, project: str) -> str:
    """Which items the scope of the policy may govern."""
    if scope is ScopeKind.MEMBER:
        return f"c.{owner} = %(scope)s"
    if scope is ScopeKind.PROJECT:
        return f"c.{project} = %(scope)s"
    if scope is ScopeKind.GROUP:
        return (
            "exists (select from workspaces_groupmember i"
            " where i.workspace_id = c.workspace_id and i.group_id = %(scope)s"
            f" and i.membership_id = c.{owner})"
        )
    return "true"


def _taken(world: str, clock: str, *, is_chat: bool) -> str:
    """The number of the first week whose cut-off reaches an item; WEEKS if none does.

    What a failed import left goes at once.
    """

    def week(column: str, cutoffs: str) -> str:
        return f"width_bucket(c.{column} - interval '1 microsecond', y.{cutoffs})"

    deleted = week("deleted_at", "deleted")
    policy = week(clock, f"{world}_purge")
    if not is_chat:
        return f"least({deleted}, {policy})"
    created = week("created_at", f"{world}_created")
    return (
        f"(case when c.staged_by_id is not null then 0 else least({deleted},"
        f" case when c.is_temporary then {created} else {policy} end) end)"
    )
