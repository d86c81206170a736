"""Counts, in SQL, what sweeps of coming weeks would take under two sets of policies.

`new` is what is asked about, `old` what is in force. Items that the same scopes may
govern have the same `sort`; a relation `y` gives for each sort the cut-offs of each
week. What one week took stays taken.

Rows are read once and go at once into groups: those of one owner and project that lie
between the same cut-offs of all weeks and sorts are alike, so that the condition of the
sweep, under cut-offs that reach whatever any of the weeks reaches, and the week that
takes them are asked for the few groups. The earliest times of a group answer for it.
"""

from kit import content_kinds
from kit.content_kinds import ContentKind, Storage
from retention.eligibility import kinds
from retention.eligibility.scopes import CONVERSATIONS, TEMPORARY_CHATS, ScopeKind
from retention.holds import coverage

WEEKS = 12
AGE_EDGES = (30, 60, 90, 180, 365, 730)
"""The bounds of the bands of age, in days before the first sweep."""

# `b` is constants that the planner sees, so that it knows how much the weeks reach.
# `offset 0` keeps it from computing an expression again wherever that is named.
_COUNTED = """with b as not materialized (
    select %(workspace)s::bigint workspace_id,
           %(latest_purge)s::timestamptz purge_before,
           %(latest_deleted)s::timestamptz deleted_before,
           %(latest_created)s::timestamptz created_before,
           %(latest_created)s::timestamptz created_bound, false by_creation
), xm as materialized (
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
), kept as materialized ({kept}), alike as materialized (
    select {owner} owner, {project} project, {is_temporary} is_temporary,
           {staged_by} staged_by_id, c.id in (select id from kept) held,
           count(*) items, sum({messages}) messages, sum({files}) files,
           sum(c.byte_count) bytes, max({clock}) newest, {earliest}
    {rows}
    group by 1, 2, 3, 4, 5, width_bucket({clock}, %(clocks)s::timestamptz[]),
             width_bucket(c.deleted_at, %(deletions)s::timestamptz[]),
             case when {is_temporary}
                  then width_bucket(c.created_at, %(creations)s::timestamptz[]) end
), cells as materialized (
    select taken, today, held, kind, case when is_now then age else 0 end age,
           case when is_now then owner end owner, sort, sum(items)::bigint items,
           sum(messages)::bigint messages, sum(files)::bigint files,
           sum(bytes)::bigint bytes, min(oldest) filter (where is_by_policy) oldest,
           max(newest) filter (where is_by_policy) newest
    from (select *, taken = 0 and not held is_now
          from (select c.*, y.sort, {new} taken, {old} today, {kind} kind,
                       width_bucket({clock}, %(edges)s::timestamptz[]) age,
                       {clock} oldest,
                       c.deleted_at is null and not c.is_temporary is_by_policy
                from b cross join alike c cross join lateral (select b.*) k
                left join xm on xm.id = c.owner
                left join xp on xp.id = c.project
                join y on y.sort = coalesce(xm.sort, 0) + coalesce(xp.sort, 0)
                where {due} offset 0) c) c
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
KEPT = f"{coverage.ACTIVE} and h.workspace_id = %(workspace)s"
_OF_CHATS = {
    "is_temporary": "c.is_temporary",
    "staged_by": "c.staged_by_id",
    "messages": "c.message_count",
    "files": "c.file_count",
    "kind": f"case when c.is_temporary then '{TEMPORARY_CHATS}'"
    f" else '{CONVERSATIONS}' end",
}
_OF_OTHERS = {
    "is_temporary": "false",
    "staged_by": "null::bigint",
    "messages": "0",
    "files": "0",
}


def counted(content_kind: str, scope: ScopeKind, *, with_former: bool = False) -> str:
    """The statement that counts one kind in one kind of scope.

    `with_former` counts also who was in the group lately.
    """
    found = simple(content_kind)
    known = content_kinds.governed_named(content_kind)
    if found is None:
        relation, covered = kinds.CONVERSATIONS, coverage.CONVERSATION
        clock, pieces = "last_activity_at", _OF_CHATS
    else:
        relation, covered = kinds.relation(*found), coverage.of_storage(found[1])
        clock, pieces = known.clock, {**_OF_OTHERS, "kind": f"'{content_kind}'"}
    times = sorted({clock, "created_at", "deleted_at"})
    mine = inside(scope, covered.owner, known.project, with_former=with_former)
    return _COUNTED.format(
        **pieces,
        kept=coverage.covering(covered, where=KEPT),
        owner=f"c.{covered.owner}",
        project=f"c.{known.project}" if known.project else "null::bigint",
        clock=f"c.{clock}",
        earliest=", ".join(f"min(c.{time}) {time}" for time in times),
        rows=f"{relation.from_reached} and {mine}{alone(content_kind)}",
        new=_taken("new", clock),
        old=_taken("old", clock),
        due=relation.due,
    )


def simple(content_kind: str) -> tuple[ContentKind, Storage] | None:
    """How a kind beside conversations lies in the database."""
    return next((f for f in content_kinds.swept() if f[0].name == content_kind), None)


def alone(content_kind: str) -> str:
    """Conversations are counted with all that their sweep takes, others alone."""
    return " and c.is_temporary" if content_kind == TEMPORARY_CHATS else ""


def inside(
    scope: ScopeKind, owner: str, project: str, *, with_former: bool = False
) -> str:
    """Which items the scope of the policy may govern."""
    if scope is ScopeKind.MEMBER:
        return f"c.{owner} = %(scope)s"
    if scope is ScopeKind.PROJECT:
        return f"c.{project} = %(scope)s"
    if scope is ScopeKind.GROUP:
        tables = ["workspaces_groupmember"]
        tables += ["workspaces_formergroupmember"] if with_former else []
        are_in = (
            f"exists (select from {table} i"
            " where i.workspace_id = c.workspace_id and i.group_id = %(scope)s"
            f" and i.membership_id = c.{owner})"
            for table in tables
        )
        return f"({' or '.join(are_in)})"
    return "true"


def _taken(world: str, clock: str) -> str:
    """The number of the first week whose cut-off reaches a group; WEEKS if none does.

    What a failed import left goes at once.
    """

    def week(column: str, cutoffs: str) -> str:
        return f"width_bucket(c.{column} - interval '1 microsecond', y.{cutoffs})"

    return (
        "(case when c.staged_by_id is not null then 0"
        f" else least({week('deleted_at', 'deleted')}, case when c.is_temporary"
        f" then {week('created_at', f'{world}_created')}"
        f" else {week(clock, f'{world}_purge')} end) end)"
    )
