"""Lets entries go after the days that were set, tile by tile, on record.

A run is planned first: the boundary, the root of the tree there and the log's
signature are an entry, and nothing goes before that entry is sealed and an hour old.
Then tiles go in batches, each one transaction together with how far the run is:
killed, it goes on where it was. Each batch asks again whether a hold covers an entry,
whether the days were raised, whether a stream still needs one, and whether the entries
are those that were sealed: if not, the run is stopped, and an entry says where. Leaves,
details and lines of the list go; hashes, heads and tiles of hashes stay.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections, transaction

from audit import recording
from audit.expiry import guards
from audit.log import checkpoints, keys, pruned, storage
from audit.log.heads import RefusesToSign
from audit.log.pruned import PLANNED, PRUNED, STOPPED, Boundary
from audit.log.selectors import Log, logs_by_id
from audit.pruning import hashes, readers, rules, selectors
from audit.pruning.hashes import DoesNotHold
from audit.recording import Outcome, Target
from audit.verification.selectors import sealed_through
from kit.actor import Actor
from kit.one_by_one import one_by_one

logger = logging.getLogger(__name__)
ALIAS = "sweeper"
WORKER = Actor.system("pruning")
BATCH = 16 * rules.TILE
ROUNDS = 8
"""Batches of one call, over all logs: the sequencer's worker has to seal meanwhile."""


_DUE = """
select organization_id from audit_pruning
 where due_at <= %s and (days is not null or until_epoch is not null)
 order by due_at, organization_id limit %s
"""
_CLAIM = """
select days, done_epoch, done_index, until_epoch, until_index, goes_from, plan_id,
       number, entries_n from audit_pruning
 where organization_id = %s and due_at <= %s for update skip locked
"""
# An erasure writes details of entries anew: one of both is at work, never both.
_ERASURES = """
select id from audit_erasure where organization_id = %s and ended_at is null
 order by id for update
"""
_LATER = "update audit_pruning set due_at = %s where organization_id = %s"
_BEGIN = """
update audit_pruning set until_epoch = %s, until_index = %s, goes_from = %s,
       plan_id = %s, entries_n = 0, due_at = %s where organization_id = %s
"""
_NUMBER = """
update audit_pruning set number = number + 1 where organization_id = %s
returning number
"""
_GO = "select entries, details from custos_prune_log(%s, %s, %s, %s)"
_MOVE = """
update audit_pruning set done_epoch = %s, done_index = %s, done_at = %s,
       entries_n = entries_n + %s where organization_id = %s
"""
_END = """
update audit_pruning set until_epoch = null, until_index = null, goes_from = null,
       plan_id = null, due_at = %s where organization_id = %s
"""
_SIZE = """
select coalesce((select first + n from audit_block
                  where organization_id = %s and epoch = %s
                  order by first desc limit 1), 0)
"""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One organization's log as it was claimed."""

    log: Log
    days: int | None
    done: Boundary
    until: Boundary | None
    goes_from: datetime | None
    plan_id: int | None
    entries: int


def work_due(*, at: datetime, limit: int = 1_000) -> int:
    """Goes on with logs that are due, a bounded way; how many.

    Where a log's key is not here it stays as it is: nothing goes without a record.
    """
    found = storage.rows(ALIAS, _DUE, at, limit)
    # Shared: signing waits in the same queue.
    rounds = iter(range(ROUNDS))
    one_by_one(found, lambda one: _advance(one[0], rounds, at=at), what="pruning of")
    return len(found)


def _advance(organization_id: int, rounds: Iterator[int], *, at: datetime) -> None:
    for _round in rounds:
        if not _work(organization_id, at=at):
            break


def _work(organization_id: int, *, at: datetime) -> bool:
    """One transaction of work; whether there is more to do now."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        guards.lock(using=ALIAS)
        run = _claimed(cursor, organization_id, at=at)
        if run is None:
            return False
        cursor.execute(_ERASURES, [organization_id])
        try:
            if run.until is None:
                _plan(cursor, run, at=at)
                return False
            return _go_on(cursor, run, until=run.until, at=at)
        except DoesNotHold as flaw:
            logger.error(
                "%s is not pruned: entries from %d of epoch %d on are not as sealed",
                run.log.origin,
                flaw.index,
                flaw.epoch,
            )
            _stop_aloud(cursor, run, at=at)
            return False


def _claimed(cursor: Any, organization_id: int, *, at: datetime) -> _Run | None:
    cursor.execute(_CLAIM, [organization_id, at])
    row = cursor.fetchone()
    if row is None:
        return None
    days, done_epoch, done_index, epoch, index, goes_from, plan_id, _n, entries = row
    return _Run(
        log=logs_by_id(ids=[organization_id], using=ALIAS)[organization_id],
        days=days,
        done=Boundary(epoch=done_epoch, index=done_index),
        until=None if epoch is None else Boundary(epoch=epoch, index=index),
        goes_from=goes_from,
        plan_id=plan_id,
        entries=entries,
    )


def _plan(cursor: Any, run: _Run, *, at: datetime) -> None:
    """Records up to where entries may go; nothing goes yet."""
    one = run.log.organization_id
    end = None
    if run.days is not None:
        found = selectors.next_boundary(
            organization_id=one, days=run.days, begin=run.done, at=at, using=ALIAS
        )
        end = found.boundary
    if end is None:
        cursor.execute(_LATER, [at + rules.RUNS_EVERY, one])
        return
    entries, *_times = selectors.counted(
        organization_id=one, begin=run.done, end=end, using=ALIAS
    )
    plan_id = _record(cursor, run, PLANNED, boundary=end, entries=entries, at=at)
    begins = at + rules.WAIT
    cursor.execute(_BEGIN, [end.epoch, end.index, begins, plan_id, begins, one])


def _go_on(cursor: Any, run: _Run, *, until: Boundary, at: datetime) -> bool:
    """Takes one batch of an open run, or ends it; whether there is more."""
    one = run.log.organization_id
    if not sealed_through(organization_id=one, entry_id=run.plan_id or 0, using=ALIAS):
        return False
    epoch, first = run.done.epoch, run.done.index
    end = until.index if epoch == until.epoch else _size(cursor, one, epoch)
    end = min(first + BATCH, end)
    if first < end:
        if not _may_go(run, epoch=epoch, first=first, end=end, at=at):
            _stop(cursor, run, outcome=Outcome.SUCCESS, at=at)
            return False
        hashes.demand_sealed(
            run.log,
            epoch=epoch,
            first=first,
            end=end,
            keys=checkpoints.keys_of(run.log.uuid),
            using=ALIAS,
        )
        cursor.execute(_GO, [one, epoch, first, end])
        done = Boundary(epoch=epoch, index=end)
    elif run.done < until:
        done = Boundary(epoch=epoch + 1)
    else:
        _end(cursor, run, at=at)
        return False
    cursor.execute(_MOVE, [done.epoch, done.index, at, max(end - first, 0), one])
    return True


def _may_go(run: _Run, *, epoch: int, first: int, end: int, at: datetime) -> bool:
    """Whether all in a range is old still, under no hold, and read by who needs it."""
    if run.days is None:
        return False
    needed = readers.first_needed(organization_id=run.log.organization_id)
    if needed is not None and needed < (epoch, end):
        return False
    asked = selectors.condition(
        organization_id=run.log.organization_id, days=run.days, at=at, using=ALIAS
    )
    return not selectors.any_stays(
        asked=asked, epoch=epoch, first=first, end=end, using=ALIAS
    )


def _end(cursor: Any, run: _Run, *, at: datetime) -> None:
    """Closes a run that did all that was planned; the next plan comes at once."""
    _record(cursor, run, PRUNED, boundary=run.done, entries=run.entries, at=at)
    cursor.execute(_END, [at, run.log.organization_id])


def _stop(cursor: Any, run: _Run, *, outcome: Outcome, at: datetime) -> None:
    """Closes a run where it is: its plan vouches for nothing beyond any more."""
    if run.until is not None:
        _record(
            cursor,
            run,
            STOPPED,
            boundary=run.done,
            entries=run.entries,
            at=at,
            outcome=outcome,
        )
    cursor.execute(_END, [at + rules.RUNS_EVERY, run.log.organization_id])


def _stop_aloud(cursor: Any, run: _Run, *, at: datetime) -> None:
    """Stops a run over what does not hold; nothing is signed where no root does."""
    try:
        _stop(cursor, run, outcome=Outcome.ERROR, at=at)
    except DoesNotHold:
        cursor.execute(_LATER, [at + rules.RUNS_EVERY, run.log.organization_id])


def _record(
    cursor: Any,
    run: _Run,
    action: str,
    *,
    boundary: Boundary,
    entries: int,
    at: datetime,
    outcome: Outcome = Outcome.SUCCESS,
) -> int:
    """One signed record: the boundary, the root there, how many entries."""
    log, key = run.log, keys.ring().current
    known = checkpoints.keys_of(log.uuid)
    if key.public not in {one.public for one in known}:
        raise RefusesToSign(f"{log.origin}: the log key is not the one announced")
    root = hashes.root_at(log, boundary, keys=known, using=ALIAS)
    cursor.execute(_NUMBER, [log.organization_id])
    (number,) = cursor.fetchone()
    return recording.record(
        actor=WORKER,
        action=action,
        target=Target(kind="log", id=log.uuid),
        organization_id=log.organization_id,
        at=at,
        outcome=outcome,
        counts=pruned.counts(boundary, number=number) | {"entries": entries},
        digests=pruned.digests(
            log,
            boundary=boundary,
            number=number,
            root=root,
            key=key,
        ),
        using=ALIAS,
    )


def _size(cursor: Any, organization_id: int, epoch: int) -> int:
    cursor.execute(_SIZE, [organization_id, epoch])
    return int(cursor.fetchone()[0])
