"""Purges one window in one transaction: rows, entries, dooms and counts, all or none.

The order inside a batch is the argument for holds: the lock on hold scopes first, as
its own statement and before any write; then, with a new snapshot that sees every hold
and policy committed until then, the policies, and then the statement that picks and
locks rows. See `retention.holds.locking` for the other side.

What was picked goes in one more statement. Nobody can hang anything on a locked row,
and its snapshot is newer than the last lock: so it sees every file that was attached
until then, and none goes with its row without being doomed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import OperationalError

from audit.recording import bulk
from retention.eligibility import conditions
from retention.holds import locking
from retention.policies import selectors as policies
from retention.sweeps import kinds
from retention.sweeps.kinds import CONVERSATIONS, Swept
from retention.sweeps.services.planning import SWEEPER, WINDOW
from retention.sweeps.storage import ALIAS, changed, rows, step

PASSES = 3
"""How often rows that others keep locked are tried before they wait for a sweep."""

_LOCK_TIMEOUT = "set local lock_timeout = '5s'"
_CLOCK = "select set_config('custos.at', %(at)s::text, true)"
_WINDOW = """
select window_no from retention_sweepslice
where run_id = %(run)s and done_at is null and attempts <= %(passes)s
order by attempts, window_no for update skip locked limit 1
"""
_SLICES = """
select id, workspace_id, kind, n, tried from retention_sweepslice
where run_id = %(run)s and window_no = %(window)s and done_at is null
order by id for update skip locked
"""
# Lists travel as text: nobody reads them on the way back. What has no key of its own
# waits for one: its bytes under another's key would outlive it in copies.
_PICK = f"""
with {conditions.CUTOFFS}, slice as materialized (
    select b.*, s.id as slice_id,
           case when %(share)s >= 1 then s.ids
                else s.ids[s.tried + 1 : s.tried + ceil(s.n * %(share)s)::int]
           end as ids
    from retention_sweepslice s join b on b.workspace_id = s.workspace_id
    where s.id = any(%(slices)s)
), pick as materialized (
    select c.id, b.slice_id,
           case when c.deleted_at is null then k.label else 'delete' end as label
    from slice b cross join lateral unnest(b.ids) i(id) {{of_ids}}
    where c.{{key}} is not null and {{due}} and not {{held}}
    for update of c skip locked
)
select array_agg(id order by id)::text, array_agg(slice_id order by id)::text,
       array_agg(label order by id)::text
from pick
"""  # noqa: S608 -- constants
# A key that is doomed already is not doomed again. Asking first is cheaper than
# `on conflict`, which tells the write-ahead log of each row twice; nobody else dooms
# the key of a row that is locked here, and no two rows of a kind share one.
_BATCH = """
with slice as materialized (
    select s.id as slice_id, s.sweep_id, o.id as organization_id,
           o.public_id as organization, w.public_id as workspace
    from retention_sweepslice s
    join workspaces_workspace w on w.id = s.workspace_id
    join workspaces_organization o on o.id = w.organization_id
    where s.id = any(%(slices)s)
), gone as (
    delete from {root} c
    using unnest(%(ids)s::bigint[], %(slice_of)s::bigint[], %(labels)s::text[])
          p(id, slice_id, label)
    where c.id = p.id
    returning p.slice_id, p.label, c.id, c.workspace_id, c.public_id, c.{key} as key_id,
              c.created_at, {activity} as last_activity_at,
              {messages} as message_count, {files} as file_count, c.byte_count
), pick as materialized (
    select s.sweep_id, s.organization_id, s.organization, s.workspace, g.*
    from gone g join slice s on s.slice_id = g.slice_id
), keys as (
    insert into retention_doom (workspace_id, sweep_id, slice_id, is_waiting, kind,
        object_id, content_kind, content_id, sort_id, sort_created_at,
        sort_activity_at, doomed_at)
    select workspace_id, sweep_id, slice_id, false, 'key', key_id, %(kind)s, public_id,
           id, created_at, last_activity_at, %(at)s
    from pick where not exists (
        select from retention_doom d where d.kind = 'key' and d.object_id = key_id)
    order by id returning id, slice_id
), parts as (
    insert into retention_doom (workspace_id, sweep_id, slice_id, is_waiting, kind,
        object_id, content_kind, content_id, doomed_at)
    select workspace_id, sweep_id, case when what = 'key' then slice_id end,
           what <> 'key', what, object_id, %(kind)s, public_id, %(at)s
    from ({parts}) b order by id
    on conflict (kind, object_id) do nothing returning id, slice_id
), entries as (
    {entries}
), done as (
    update retention_sweepslice s
    set purged = s.purged + p.n, messages = s.messages + p.messages,
        files = s.files + p.files, bytes = s.bytes + p.bytes,
        keys = s.keys + coalesce(k.n, 0),
        doom_first = least(s.doom_first, k.first),
        doom_last = greatest(s.doom_last, k.last)
    from (select slice_id, count(*) n, sum(message_count) messages,
                 sum(file_count) files, sum(byte_count) bytes
          from pick group by slice_id) p
    left join (select slice_id, count(*) n, min(id) first, max(id) last
               from (table keys union all table parts) doomed group by slice_id) k
         on k.slice_id = p.slice_id
    where s.id = p.slice_id
)
select count(*) from pick
"""
_NO_PARTS = """
select 'key' as what, null::uuid as object_id, p.* from pick p where false
"""
# A part of a window: how far each of its slices is, and whether all are through.
_PART = """
with moved as (
    update retention_sweepslice set took_ms = took_ms + %(took_ms)s,
           tried = least(n, tried + ceil(n * %(share)s)::int)
    where id = any(%(slices)s) returning tried >= n as is_through
)
select bool_and(is_through) from moved
"""
# What a slice planned and did not lose yet, under the same lock and moment.
_REST = f"""
with {conditions.CUTOFFS}, rest as (
    select s.id as slice_id,
           count(*) filter (where {{due}} and {{held}}) as held,
           count(*) filter (where {{due}} and not {{held}}) as locked
    from retention_sweepslice s join b on b.workspace_id = s.workspace_id
    cross join lateral unnest(s.ids) i(id) {{of_ids}}
    where s.id = any(%(slices)s) and s.n > s.purged group by s.id
)
update retention_sweepslice s set
    attempts = s.attempts + 1, took_ms = s.took_ms + %(took_ms)s,
    held = coalesce(r.held, 0),
    failed = case when s.attempts + 1 >= %(most)s then coalesce(r.locked, 0) else 0 end,
    skipped = s.n - s.purged - coalesce(r.held, 0) - coalesce(r.locked, 0),
    done_at = case when coalesce(r.locked, 0) = 0 or s.attempts + 1 >= %(most)s
                   then %(at)s::timestamptz end
from retention_sweepslice t left join rest r on r.slice_id = t.id
where s.id = t.id and t.id = any(%(slices)s)
"""  # noqa: S608 -- constants
_POSTPONE = """
update retention_sweepslice set attempts = attempts + 1
where run_id = %(run)s and window_no = %(window)s and done_at is null
"""


class Batch(Enum):
    """What became of one attempt."""

    PURGED = "purged"
    BLOCKED = "blocked"
    NONE_LEFT = "none left"


@dataclass(frozen=True, kw_only=True)
class _Window:
    number: int
    kind: str
    slices: list[int]
    workspaces: list[int]
    share: float


def batch(
    *, run_id: int, passes: int, now: Callable[[], datetime], most: int = WINDOW
) -> Batch:
    """Purges the next window that no other worker is at, or the next part of one.

    `most` bounds how many ids it tries, about: a window is planned whole and purged in
    as many batches as the pace wants.
    """
    window = None
    try:
        with step():
            rows(_LOCK_TIMEOUT)
            locking.before_purging(using=ALIAS)
            window = _next(run_id, passes=passes, most=most)
            if window is None:
                return Batch.NONE_LEFT
            # Read under the lock: later than any policy or hold that is visible.
            _purge(window, at=now())
    except OperationalError:
        # Someone holds a row of the cascade, or the hold table, for too long.
        if window is not None:
            changed(_POSTPONE, run=run_id, window=window.number)
        return Batch.BLOCKED
    return Batch.PURGED


def _next(run_id: int, *, passes: int, most: int) -> _Window | None:
    found = rows(_WINDOW, run=run_id, passes=passes)
    if not found:
        return None
    slices = rows(_SLICES, run=run_id, window=found[0][0])
    return _Window(
        number=found[0][0],
        # Never of two kinds: each begins a window of its own.
        kind=slices[0][2] if slices else CONVERSATIONS,
        slices=[row[0] for row in slices],
        workspaces=sorted({row[1] for row in slices}),
        share=_share(slices, most=most),
    )


def _share(slices: list[tuple[Any, ...]], *, most: int) -> float:
    """Which part of each slice a batch tries; what is left of all is tried at once."""
    planned = sum(row[3] for row in slices)
    has_more = any(tried < n for *_slice, n, tried in slices)
    return min(1.0, most / planned) if has_more else 1.0


def _purge(window: _Window, *, at: datetime) -> None:
    began = time.monotonic()
    rows(_CLOCK, at=at.isoformat())
    scopes = policies.cutoffs_at(workspace_ids=window.workspaces, at=at, using=ALIAS)
    parameters: dict[str, Any] = {
        **conditions.parameters(scopes, at=at, kind=window.kind),
        "slices": window.slices,
        "share": window.share,
    }
    kind = kinds.swept_named(window.kind)
    pieces = _pieces(kind)
    ids, slice_of, labels = rows(_PICK.format(**pieces), **parameters)[0]
    if ids:
        rows(
            _BATCH.format(entries=_entries(kind, at), **pieces),
            kind=kind.name,
            slices=window.slices,
            ids=ids,
            slice_of=slice_of,
            labels=labels,
            at=at,
        )
    took_ms = round((time.monotonic() - began) * 1000)
    if window.share < 1:
        asked = {"slices": window.slices, "share": window.share, "took_ms": took_ms}
        if not rows(_PART, **asked)[0][0]:
            return
        took_ms = 0
    changed(_REST.format(**pieces), took_ms=took_ms, most=PASSES, **parameters)


def _pieces(kind: Swept) -> dict[str, str]:
    relation = kind.relation
    return {
        "root": kind.root,
        "key": kind.key,
        "messages": kind.messages,
        "files": kind.files,
        "activity": kind.activity,
        "of_ids": relation.of_ids,
        "due": relation.due,
        "held": relation.held,
        "parts": _parts(kind),
    }


def _parts(kind: Swept) -> str:
    """What hangs on the picked rows and must be destroyed with them."""
    wanted = [("key", one) for one in kind.keys] + [("blob", one) for one in kind.blobs]
    return (
        " union all ".join(
            f"select '{what}' as what, f.{column} as object_id, p.* from pick p"  # noqa: S608
            f" join {table} f on f.workspace_id = p.workspace_id and f.{parent} = p.id"
            f" where f.{column} is not null"
            for what, (table, parent, column) in wanted
        )
        or _NO_PARTS
    )


def _entries(kind: Swept, at: datetime) -> str:
    counts = {"bytes": "byte_count"}
    if kind.name == CONVERSATIONS:
        counts |= {"files": "file_count", "messages": "message_count"}
    return bulk.insert(
        actor=SWEEPER,
        action=f"retention.{kind.noun}.purged",
        target_kind=kind.noun,
        columns=bulk.Columns(
            organization_id="organization_id",
            organization="organization",
            workspace="workspace",
            target="public_id",
            policy="label",
            counts=counts,
        ),
        source="pick",
        at=at,
        order_by="id",
    )
