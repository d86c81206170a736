"""Seals entries into the trees of their logs, in the one order that cannot change.

What holds, and why:

- Entries are ordered by (epoch, transaction id, id). Below the oldest running
  transaction of this database (the horizon) that order and its members are final: no
  late commit can slip in. So nothing is written per entry while it is recorded.
- One round is one transaction of three statements, each with a snapshot of its own:
  lock the state row, read the horizon, read the entries. In one statement the entries
  would be read with a snapshot older than the horizon, and late ones lost.
- Its commit is synchronous: that flushes the log records of everything it read, so a
  crash cannot issue an id below the bound again.
- A head computed by a sequencer that dies before it commits is a prefix of what the
  next one computes. Heads are published after the commit all the same.
- It extends only a head that the log's key signed, and that agrees with the newest
  head published outside the database. A database that is behind (a restored backup)
  or that was rewritten is never signed again.
- The heads of a new epoch bind how the one before ended, so that no epoch can be cut
  off or dropped behind the back of a later head.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from audit.log import checkpoints, heads, note, storage, tiles, tree
from audit.log.facets import facet_of
from audit.log.heads import RefusesToSign
from audit.log.note import Checkpoint, Ended
from audit.log.selectors import Log, logs_by_id
from audit.log.storage import Block, Place, rows
from audit.log.tree import CompactRange
from kit import signing
from kit.signing import SigningKey

ALIAS = "sequencer"
BLOCK = 1_024
ROUND = 8_192
"""Entries a round; at most 256 MiB where every leaf has its largest size."""

_WAITING = """
select exists (
    select from audit_sequencer s, audit_entry e
     where (e.epoch, e.xid, e.id) > (s.bound_epoch, s.bound_xid, s.bound_id))
"""
_LOCK = """
select s.epoch, s.bound_epoch, s.bound_xid::text, s.bound_id,
       s.system_identifier = c.system_identifier
  from audit_sequencer s, pg_control_system() c
   for update of s skip locked
"""
# Transactions of other databases cannot write entries here; an id belongs to one
# backend, and a backend never changes its database. An unknown id counts as ours.
_HORIZON = """
with s as materialized (select pg_current_snapshot() as s),
     x as materialized (
        select x, x::text::bigint & 4294967295 as short
          from s, pg_snapshot_xip(s.s) as x)
select coalesce((
    select min(x.x) from x
     where not exists (
            select from pg_stat_get_activity(null) a
             where a.backend_xid::text::bigint = x.short
               and a.datid <> (
                select oid from pg_database where datname = current_database()))
       and not exists (
            select from pg_prepared_xacts p
             where p.transaction::text::bigint = x.short
               and p.database <> current_database())
    ), pg_snapshot_xmax((select s from s)))::text
"""
_ENTRIES = """
select e.organization_id, e.epoch, e.xid::text, e.id, e.leaf,
       (select d.subject from audit_detail d
         where d.organization_id = e.organization_id and d.entry_id = e.id
           and d.part = 'actor')
  from audit_entry e
 where (e.epoch, e.xid, e.id) > (%s, %s::text::xid8, %s)
   and (e.epoch, e.xid) < (%s, %s::text::xid8)
 order by e.epoch, e.xid, e.id
 limit %s
"""
_MOVE_BOUND = """
update audit_sequencer
   set bound_epoch = %s, bound_xid = %s::text::xid8, bound_id = %s
"""
_INSERT_BLOCK = """
insert into audit_block (organization_id, epoch, first, n, first_epoch, first_xid,
    first_id, last_epoch, last_xid, last_id, hashes, peaks, root, note, sealed_at)
values (%s, %s, %s, %s, %s, %s::text::xid8, %s, %s, %s::text::xid8, %s, %s, %s, %s,
    %s, %s)
"""
_INSERT_TILE = """
insert into audit_tile (organization_id, epoch, level, number, hashes, root)
values (%s, %s, %s, %s, %s, %s)
"""
_INSERT_FACETS = """
insert into audit_facet (organization_id, epoch, index, entry_id, at, action, outcome,
    actor_kind, actor, target_kind, target_id, workspace)
select %s, %s, * from unnest(%s::bigint[], %s::bigint[], %s::timestamptz[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::uuid[])
"""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An entry that is about to be sealed."""

    place: Place
    leaf: bytes
    subject: str


@dataclass(kw_only=True)
class Seal:
    """One round's work: where it stands, and the heads it will publish."""

    epoch: int
    key: SigningKey
    at: datetime
    heads: list[tuple[Log, str]] = field(default_factory=list)


def run(*, at: datetime) -> int:
    """Seals; at the first call of a process also publishes what was left behind."""
    _publish_once()
    return seal(at=at)


def seal(*, at: datetime) -> int:
    """Seals all that is below the horizon; returns how many entries that were."""
    sealed = 0
    # Peeking takes no lock: an idle second must not use up a transaction id.
    while rows(ALIAS, _WAITING)[0][0]:
        count = _round(at=at)
        sealed += count
        if count < ROUND:
            break
    return sealed


def publish_again() -> None:
    """Publishes heads that a sequencer committed and died before publishing."""
    key = _key()
    found = rows(ALIAS, "select epoch from audit_sequencer")
    ids = [row[0] for row in rows(ALIAS, "select organization_id from audit_log")]
    logs = logs_by_id(ids=ids, using=ALIAS)
    for log in logs.values():
        heads.keep_ended(log, epoch=found[0][0], using=ALIAS)
    for block in storage.newest_blocks(ids=ids, epoch=found[0][0], using=ALIAS):
        log = logs[block.organization_id]
        heads.demand_agreement(log, epoch=block.epoch, newest=block, key=key)
        checkpoints.publish(log.uuid, block.note)


@cache
def _publish_once() -> None:
    publish_again()


def _round(*, at: datetime) -> int:
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute("set local synchronous_commit = on")
        cursor.execute(_LOCK)
        state = cursor.fetchone()
        if state is None:
            return 0  # another sequencer is at it
        epoch, *bound, is_our_cluster = state
        if not is_our_cluster:
            raise RefusesToSign("another database cluster: open a new epoch first")
        cursor.execute(_HORIZON)
        horizon = cursor.fetchone()[0]
        cursor.execute(_ENTRIES, [*bound, epoch, horizon, ROUND])
        found = cursor.fetchall()
        if not found:
            return 0
        work = Seal(epoch=epoch, key=_key(), at=at)
        _seal_all(work, found)
        cursor.execute(_MOVE_BOUND, found[-1][1:4])
    for log, text in work.heads:
        checkpoints.publish(log.uuid, text)
    return len(found)


def _seal_all(work: Seal, found: list[tuple[Any, ...]]) -> None:
    waiting: dict[int, list[Waiting]] = defaultdict(list)
    for organization_id, epoch, xid, entry_id, leaf, subject in found:
        place = (epoch, int(xid), entry_id)
        entry = Waiting(place=place, leaf=bytes(leaf), subject=subject or "")
        waiting[organization_id].append(entry)
    ids = list(waiting)
    logs = logs_by_id(ids=ids, using=ALIAS)
    blocks = storage.newest_blocks(ids=ids, epoch=work.epoch, using=ALIAS)
    newest = {block.organization_id: block for block in blocks}
    for organization_id, entries in waiting.items():
        if organization_id not in logs:
            raise RefusesToSign(f"organization {organization_id} has no log")
        _seal_log(work, logs[organization_id], newest.get(organization_id), entries)


def _seal_log(
    work: Seal, log: Log, newest: Block | None, entries: list[Waiting]
) -> None:
    heads.demand_agreement(log, epoch=work.epoch, newest=newest, key=work.key)
    grown = newest.tree() if newest else CompactRange()
    old = grown.size
    previous = heads.ended_before(log, epoch=work.epoch, newest=newest, using=ALIAS)
    made = list(_blocks(work, log, grown, entries, previous=previous))
    with connections[ALIAS].cursor() as cursor:
        cursor.executemany(_INSERT_BLOCK, [_block_row(work, block) for block in made])
        cursor.execute(_INSERT_FACETS, _facet_columns(work, log, old, entries))
        for tile in tiles.completed(old=old, size=grown.size):
            hashes = storage.assembled(
                organization_id=log.organization_id,
                epoch=work.epoch,
                tile=tile,
                using=ALIAS,
            )
            place = (log.organization_id, work.epoch, tile.level, tile.number)
            cursor.execute(_INSERT_TILE, [*place, hashes, tiles.tile_root(hashes)])
    heads.announce(log, epoch=work.epoch, key=work.key)
    work.heads.append((log, made[-1].note))


def _blocks(
    work: Seal,
    log: Log,
    grown: CompactRange,
    entries: list[Waiting],
    *,
    previous: Ended | None,
) -> Iterator[Block]:
    origin = log.named(work.epoch)
    for start in range(0, len(entries), BLOCK):
        cut = entries[start : start + BLOCK]
        hashes = [tree.leaf_hash(entry.leaf) for entry in cut]
        first = grown.size
        for hashed in hashes:
            grown.append(hashed)
        head = Checkpoint(
            origin=origin, size=grown.size, root=grown.root, previous=previous
        )
        yield Block(
            organization_id=log.organization_id,
            epoch=work.epoch,
            first=first,
            n=len(cut),
            first_place=cut[0].place,
            last_place=cut[-1].place,
            hashes=b"".join(hashes),
            peaks=grown.peaks,
            root=grown.root,
            note=note.signed(head, key=work.key),
        )


def _block_row(work: Seal, block: Block) -> list[Any]:
    return [
        block.organization_id,
        block.epoch,
        block.first,
        block.n,
        *block.first_place,
        *block.last_place,
        block.hashes,
        block.peaks,
        block.root,
        block.note,
        work.at,
    ]


def _facet_columns(
    work: Seal, log: Log, first: int, entries: list[Waiting]
) -> list[Any]:
    read = partial(facet_of, sealed_at=work.at)
    facets = [read(entry.leaf, subject=entry.subject) for entry in entries]
    return [
        log.organization_id,
        work.epoch,
        list(range(first, first + len(entries))),
        [entry.place[2] for entry in entries],
        [facet.at for facet in facets],
        [facet.action for facet in facets],
        [facet.outcome for facet in facets],
        [facet.actor_kind for facet in facets],
        [facet.actor for facet in facets],
        [facet.target_kind for facet in facets],
        [facet.target_id for facet in facets],
        [facet.workspace for facet in facets],
    ]


def _key() -> SigningKey:
    return signing.load_or_create(settings.CUSTOS_LOG_KEY_FILE)
