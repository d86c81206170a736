"""Compares, in SQL, a purge list with what is stored and what sweeps took.

An item is asked about under three sets of cut-offs, each time by the engine's own
conditions: `n` as everything stands, `l` as it was listed (nothing but the listed
policy set since), `s` as the last finished sweep knew it. What is due under `l` and not
under `n` is a matter of policies; what is due under neither is a matter of the item:
its clock, its deletion, its place, which the list remembers. Only the groups of owners
have no past of their own: what nothing else tells apart, they do.
"""

from audit.verification import acts
from retention.drift.causes import Beside, Cause
from retention.eligibility import conditions
from retention.eligibility.subjects import Subject
from retention.holds import coverage
from retention.sweeps import kinds

_WORLD = """
select c.id, {due} due, {held} held, {clock} clock, {owner} owner_id,
       {project} project_id, c.deleted_at
from b cross join i {of_ids}"""
# Grouped and not joined: of what a world gives the planner knows nothing, takes it for
# one row, and would compare each item with each.
_COMPARED = """
with i as materialized (
    select object_id id, public_id, clock, owner_id, project_id, is_temporary,
           was_deleted, is_held
    from retention_purgelistitem
    where purge_list_id = %(list)s and object_id > %(after)s
    order by object_id limit %(window)s
), said as (
    select id, 'i' world, null::boolean due, is_held held, clock, owner_id, project_id,
           null::timestamptz deleted_at, public_id, is_temporary, was_deleted from i
    union all select id, 'n', due, held, clock, owner_id, project_id, deleted_at,
                     null, null, null from ({now}) now
    union all select id, 'l', due, null, null, null, null, null, null, null, null
              from ({listed}) listed
    union all select id, 's', due, held, null, null, null, null, null, null, null
              from ({swept}) swept
), known as materialized (
    select id, (array_agg(public_id) filter (where world = 'i'))[1] public_id,
           bool_or(is_temporary) is_temporary, bool_or(was_deleted) was_deleted,
           bool_or(held) filter (where world = 'i') is_held,
           max(clock) filter (where world = 'i') clock,
           max(owner_id) filter (where world = 'i') owner_id,
           max(project_id) filter (where world = 'i') project_id,
           bool_or(world = 'n') is_here,
           bool_or(due) filter (where world = 'n') n_due,
           bool_or(held) filter (where world = 'n') n_held,
           max(clock) filter (where world = 'n') n_clock,
           max(owner_id) filter (where world = 'n') n_owner_id,
           max(project_id) filter (where world = 'n') n_project_id,
           max(deleted_at) filter (where world = 'n') n_deleted_at,
           bool_or(due) filter (where world = 'l') l_due,
           bool_or(due and not held) filter (where world = 's') s_due
    from said group by id
), compared as materialized (
    select i.id, i.public_id, i.is_temporary, {cause} cause
    from known i left join lateral (
        select d.doomed_at from retention_doom d
        where not i.is_here and d.workspace_id = %(workspace)s
          and d.content_id = i.public_id and d.kind = 'key' and d.sort_id = i.id
        order by d.id limit 1
    ) d on true
)
"""
_CAUSE = f"""
case when not i.is_here then case
         when d.doomed_at is null then '{Cause.UNEXPLAINED}'
         when i.is_held then '{Cause.RELEASED}'
         when d.doomed_at >= %(first)s then '{Cause.PURGED}'
         when not i.was_deleted and {{label}} = 'delete' then '{Cause.DELETED}'
         else '{Cause.EARLIER}' end
     when i.n_held then case when i.is_held then '{Cause.KEPT}' else '{Cause.HELD}' end
     when i.n_due and not %(is_time)s then case
         when i.n_deleted_at is not null and not i.was_deleted then '{Cause.DELETED}'
         when i.is_held then '{Cause.RELEASED}'
         else '{Cause.TO_COME}' end
     when i.n_due then case
         when %(is_stopped)s then '{Cause.STOPPED}'
         when %(sweep)s::bigint is null then '{Cause.WAITING}'
         when exists (
             select from retention_sweepslice x
             where x.sweep_id = %(sweep)s and x.kind = %(kind)s
               and x.failed + x.skipped + x.held > 0 and i.id = any(x.ids)
         ) then '{Cause.IN_USE}'
         when i.s_due and i.n_clock = i.clock
              and i.n_owner_id is not distinct from i.owner_id
              and i.n_project_id is not distinct from i.project_id
              and coalesce(i.n_deleted_at <= %(swept_at)s, true)
         then '{Cause.UNEXPLAINED}'
         when i.is_held then '{Cause.RELEASED}'
         else '{Cause.WAITING}' end
     when i.l_due then '{Cause.POLICY}'
     when i.was_deleted and i.n_deleted_at is null then '{Cause.RESTORED}'
     when i.n_clock <> i.clock then '{Cause.ACTIVITY}'
     else '{Cause.MOVED}' end"""  # noqa: S608 -- names of our own
PAGE = """
select (select max(id) from i), (select count(*) from i), t.*
from (select) one left join (
    select * from compared
    where %(causes)s::text[] is null or cause = any(%(causes)s)
    order by id limit %(size)s
) t on true order by t.id
"""
COUNTS = "select cause, count(*) from compared group by cause"
_BESIDE = """
with gone as (
    select d.sort_id id, d.content_id public_id, d.doomed_at,
           coalesce(d.sort_activity_at, d.sort_created_at) clock, d.sort_created_at,
           {label} label
    from retention_sweepslice x join retention_doom d
      on d.id between x.doom_first and x.doom_last and d.slice_id = x.id
     and d.kind = 'key' and d.sort_id is not null
    where x.sweep_id = %(sweep)s and x.kind = %(kind)s and not exists (
        select from retention_purgelistitem i
        where i.purge_list_id = %(list)s and i.object_id = d.sort_id)
), beside as materialized (
    select id, public_id, {cause} cause from gone g
    where %(only)s::text is null or label = %(only)s
)
"""
_BESIDE_CAUSE = f"""
case when label = 'delete' then '{Beside.DELETED}'
     when id > %(highest)s then '{Beside.STORED}'
     when exists (select from unnest(
              %(labels)s::text[], %(reached)s::timestamptz[], %(later)s::timestamptz[])
              k(label, reached, later)
              where k.label = g.label and clock > k.reached and clock <= k.later)
          or sort_created_at > %(created)s and sort_created_at <= %(created_later)s
     then '{Beside.DUE_SINCE}'
     when %(policies_changed)s then '{Beside.POLICY}'
     when %(has_narrower)s then '{Beside.MOVED}'
     else '{Beside.UNEXPLAINED}' end"""
BESIDE_PAGE = """
select id, public_id, cause from beside where id > %(after)s order by id limit %(size)s
"""
BESIDE_COUNTS = "select cause, count(*) from beside group by cause"


def compared(of: Subject) -> str:
    """Gives `compared` (id, public_id, is_temporary, cause) for a window of items."""
    return _COMPARED.format(
        now=_world(of, "now", held=of.relation.held),
        listed=_world(of, "listed", held=of.relation.held),
        swept=_world(
            of,
            "swept",
            held=of.relation.held.replace(coverage.ACTIVE, coverage.ACTIVE_THEN),
        ),
        cause=_CAUSE.format(label=_label(of, "i.public_id")),
    )


def beside(of: Subject) -> str:
    """Gives `beside` (id, public_id, cause): what one sweep took and no list names."""
    label = _label(of, "d.content_id")
    return _BESIDE.format(label=label, cause=_BESIDE_CAUSE)


def _world(of: Subject, name: str, *, held: str) -> str:
    """One set of cut-offs; its parameters have its name before their own."""
    asked = _WORLD.format(
        due=of.relation.due,
        held=held,
        clock=of.clock,
        owner=of.owner,
        project=of.project,
        of_ids=of.relation.of_ids,
    )
    return f"with {conditions.CUTOFFS} {asked}".replace("%(", f"%({name}_")


def _label(of: Subject, target: str) -> str:
    """The version under which a sweep took an object, by the log."""
    noun = kinds.swept_named(of.swept).noun
    return acts.policy_of(target=target, action=f"retention.{noun}.purged")
