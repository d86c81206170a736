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
- A log that it refuses to sign waits alone (`refusals`): all others are sealed.
- The heads of a new epoch bind how the one before ended, so that no epoch can be cut
  off or dropped behind the back of a later head.
"""

import logging
import time
from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, connections, transaction

from audit.log import blocks, checkpoints, heads, keys, refusals, storage
from audit.log.blocks import ALIAS, Seal, Waiting
from audit.log.heads import RefusesToSign
from audit.log.refusals import Refusal
from audit.log.selectors import Log, logs_by_id
from audit.log.storage import Block, Place, rows
from kit.signing import SigningKey

logger = logging.getLogger(__name__)
ROUND = 8_192
"""Entries a round; at most 256 MiB where every leaf has its largest size."""
_LOOKS_AGAIN = 600.0
"""Seconds after which a process looks again for heads that nobody published."""

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
# Transactions of other databases cannot write entries here, nor can autovacuum; an id
# belongs to one backend, and a backend never changes its database. An unknown id
# counts as ours.
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
               and (a.backend_type = 'autovacuum worker' or a.datid <> (
                select oid from pg_database where datname = current_database())))
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
# What a refused log left unsealed below the bound of all others.
_LEFT = """
select e.organization_id, e.epoch, e.xid::text, e.id, e.leaf,
       (select d.subject from audit_detail d
         where d.organization_id = e.organization_id and d.entry_id = e.id
           and d.part = 'actor')
  from audit_entry e
 where e.organization_id = %s
   and (e.epoch, e.xid, e.id) > (%s, %s::text::xid8, %s)
   and (e.epoch, e.xid, e.id) <= (%s, %s::text::xid8, %s)
 order by e.epoch, e.xid, e.id
 limit %s
"""
_MOVE_BOUND = """
update audit_sequencer
   set bound_epoch = %s, bound_xid = %s::text::xid8, bound_id = %s
"""


def run(*, at: datetime) -> int:
    """Seals; at times also publishes what a sequencer that died left behind.

    It may have run on another machine: not only a new process has to look.
    """
    _publish_once(int(time.monotonic() // _LOOKS_AGAIN))
    return seal(at=at)


def seal(*, at: datetime) -> int:
    """Seals all that is below the horizon; returns how many entries that were.

    RefusesToSign only where no log may be signed: the database is another cluster.
    """
    sealed = 0
    # Peeking takes no lock: an idle second must not use up a transaction id.
    while rows(ALIAS, _WAITING)[0][0]:
        count = _round(at=at)
        sealed += count
        if count < ROUND:
            break
    return sealed + sum(_resume(one, at=at) for one in refusals.some(using=ALIAS))


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
        try:
            heads.demand_agreement(log, epoch=block.epoch, newest=block, key=key)
        except RefusesToSign as refusal:
            logger.error("%s", refusal)
            continue
        checkpoints.publish(log.uuid, block.note)


@lru_cache(maxsize=1)
def _publish_once(_period: int) -> None:
    publish_again()


def _round(*, at: datetime) -> int:
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        state = _locked(cursor)
        if state is None:
            return 0  # another sequencer is at it
        epoch, bound = state
        cursor.execute(_ENTRIES, [*bound, epoch, str(_horizon(cursor)), ROUND])
        found = cursor.fetchall()
        if not found:
            return 0
        work = Seal(epoch=epoch, ring=keys.ring(), at=at)
        _seal_all(work, _by_log(found), after=bound)
        cursor.execute(_MOVE_BOUND, found[-1][1:4])
    _publish(work)
    return len(found)


def _horizon(cursor: Any) -> int:
    """The oldest transaction that may still write entries here.

    Asked three times: one of another database that ends between the snapshot and the
    look at the backends is unknown by then, and a later snapshot is without it.
    PostgreSQL keeps the first look until the transaction ends, unless told to forget.
    """
    found = 0
    for _ in range(3):
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(_HORIZON)
        found = max(found, int(cursor.fetchone()[0]))
    return found


def _resume(refusal: Refusal, *, at: datetime) -> int:
    """Seals what waited, a round at a time, if the log agrees again."""
    one = refusal.organization_id
    epoch = rows(ALIAS, "select epoch from audit_sequencer")[0][0]
    log, newest = _standing(one, epoch=epoch)
    key = _key()
    try:
        # Asked without a lock, as every second: see `seal`.
        heads.demand_agreement(
            _demand_log(log, one), epoch=epoch, newest=newest, key=key
        )
    except RefusesToSign:
        return 0
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        state = _locked(cursor)
        held = refusals.of(organization_id=one, using=ALIAS)
        if state is None or held is None:
            return 0
        epoch, bound = state
        log, newest = _standing(one, epoch=epoch)
        after = max(held.after, newest.last_place if newest else held.after)
        cursor.execute(_LEFT, [one, *after, *bound, ROUND])
        found = cursor.fetchall()
        work = Seal(epoch=epoch, ring=keys.ring(), at=at)
        entries = _by_log(found).get(one, [])
        if entries and not _attempt(work, one, log, newest, entries, after=after):
            return 0
        if len(found) < ROUND:
            refusals.forget(organization_id=one, using=ALIAS)
        else:
            refusals.move(organization_id=one, after=entries[-1].place, using=ALIAS)
    _publish(work)
    return len(found)


def _locked(cursor: Any) -> tuple[int, Place] | None:
    """Epoch and bound, locked; None while another sequencer has them."""
    cursor.execute("set local synchronous_commit = on")
    cursor.execute(_LOCK)
    state = cursor.fetchone()
    if state is None:
        return None
    epoch, bound_epoch, bound_xid, bound_id, is_our_cluster = state
    if not is_our_cluster:
        raise RefusesToSign("another database cluster: open a new epoch first")
    return epoch, (bound_epoch, int(bound_xid), bound_id)


def _by_log(found: list[tuple[Any, ...]]) -> dict[int, list[Waiting]]:
    waiting: dict[int, list[Waiting]] = defaultdict(list)
    for organization_id, epoch, xid, entry_id, leaf, subject in found:
        place = (epoch, int(xid), entry_id)
        entry = Waiting(place=place, leaf=bytes(leaf), subject=subject or "")
        waiting[organization_id].append(entry)
    return waiting


def _seal_all(work: Seal, waiting: dict[int, list[Waiting]], *, after: Place) -> None:
    ids = list(waiting)
    logs = logs_by_id(ids=ids, using=ALIAS)
    found = storage.newest_blocks(ids=ids, epoch=work.epoch, using=ALIAS)
    newest = {block.organization_id: block for block in found}
    refused = refusals.among(ids, using=ALIAS)
    for one, entries in waiting.items():
        # What waits of a refused log comes before these: `_resume` takes both.
        if one not in refused:
            _attempt(work, one, logs.get(one), newest.get(one), entries, after=after)


def _attempt(
    work: Seal,
    organization_id: int,
    log: Log | None,
    newest: Block | None,
    entries: list[Waiting],
    *,
    after: Place,
) -> bool:
    """Seals one log, or keeps it apart: rows that collide were not written by us."""
    try:
        with transaction.atomic(using=ALIAS):
            blocks.seal_log(work, _demand_log(log, organization_id), newest, entries)
    except (RefusesToSign, IntegrityError) as refusal:
        reason = str(refusal).partition("\n")[0]
        refusals.keep(
            organization_id=organization_id,
            reason=reason,
            after=after,
            at=work.at,
            using=ALIAS,
        )
        logger.error("%s", reason)
        return False
    return True


def _demand_log(log: Log | None, organization_id: int) -> Log:
    if log is None:
        raise RefusesToSign(f"organization {organization_id} has no log")
    return log


def _standing(organization_id: int, *, epoch: int) -> tuple[Log | None, Block | None]:
    ids = [organization_id]
    found = storage.newest_blocks(ids=ids, epoch=epoch, using=ALIAS)
    log = logs_by_id(ids=ids, using=ALIAS).get(organization_id)
    return log, next(iter(found), None)


def _publish(work: Seal) -> None:
    for log, text in work.heads:
        checkpoints.publish(log.uuid, text)


def _key() -> SigningKey:
    return keys.ring().current
