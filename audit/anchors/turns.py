"""Shows epochs of the site's log to somebody outside, and keeps what they say.

- Only an epoch with an anchor that no attested head covers is shown.
- A turn holds a lease by database time with a fencing number: a worker that stalls past
  it keeps nothing. A failure only sets when to try again.
- What the other side refuses is recorded once, what it attests each time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from audit import recording
from audit.anchors import rules
from audit.anchors.models import Attested, AuditAnchor
from audit.log import storage
from audit.log.models import SITE
from audit.log.selectors import log_of
from audit.log.storage import Block
from audit.recording import Outcome, Target
from audit.verification import acts
from kit import scoping
from kit.actor import Actor

Clock = Callable[[], datetime]
ALIAS = "sequencer"
BATCH = 100
"""Anchors that are covered at once."""
UNREACHABLE = "unreachable"
"""The problem of whoever gave no answer: it is not recorded."""
LEASE = timedelta(seconds=120)


_DUE = """
select e.epoch from generate_series(1, (select epoch from audit_sequencer)) e(epoch)
  left join {table} w on w.organization_id = %s and w.epoch = e.epoch
 where (w.epoch is null or w.due_at <= %s)
   and (w.leased_until is null or w.leased_until < now())
   and exists (select from audit_anchor a
                where a.site_epoch = e.epoch and a.{done}_at is null
                  and a.index >= coalesce(w.{done}_size, 0))
 order by 1 desc
"""
_UNCOVERED = """
select a.organization_id, a.hour, a.index, w.epoch
  from {table} w cross join lateral (
    select * from audit_anchor x
     where x.site_epoch = w.epoch and x.{done}_at is null
       and x.index < w.{done}_size
     order by x.entry_id limit %s) a
 where w.organization_id = %s order by w.epoch desc limit %s
"""


@dataclass(frozen=True, kw_only=True)
class Party:
    """One who attests heads: the rows about it, and what an attestation is called.

    `done` is what its columns begin with (`<done>_at`, `<done>_size`, and on anchors
    `<done>_proof`, and `<done>` for the head); `also` are further columns that anchors
    take over.
    """

    model: type[Attested]
    done: str
    action: str
    worker: Actor
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Somebody attests nothing; `problem` is a value of the slice's own."""

    since: datetime
    problem: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One row, as it was claimed, in the hands of one worker."""

    party: Party
    row: Any
    fence: int

    @property
    def held(self) -> QuerySet[Any]:
        """The row while nobody else claimed it; under the site's open scope."""
        model: Any = type(self.row)
        rows: QuerySet[Any] = model.objects.filter(
            epoch=self.row.epoch, fence=self.fence
        )
        return rows


def due_epochs(party: Party, *, at: datetime) -> list[int]:
    """The epochs of the site's log that are to be shown now."""
    statement = _named(_DUE, party)
    return [epoch for (epoch,) in storage.rows(ALIAS, statement, SITE, at)]


def trouble(party: Party) -> Trouble | None:
    """Why nothing is attested of the newest epoch that fails: for commands."""
    rows: Any = party.model
    with scoping.organization(organization_id=SITE):
        failing = rows.objects.filter(failing_since__isnull=False)
        row = failing.order_by("-epoch").first()
    return row and Trouble(since=row.failing_since, problem=row.problem)


def attested(party: Party) -> Iterator[Any]:
    """The rows with a head that was attested, for commands."""
    rows: Any = party.model
    with scoping.organization(organization_id=SITE):
        yield from list(rows.objects.exclude(note="").order_by("epoch"))


def newest_head(epoch: int) -> Block:
    """What there is to attest of an epoch that is due."""
    (head,) = storage.newest_blocks(ids=[SITE], epoch=epoch, using=ALIAS)
    return head


def cover(party: Party) -> int:
    """Gives some anchors their proof below an attested head; how many."""
    statement = _named(_UNCOVERED, party)
    found = storage.rows(ALIAS, statement, BATCH, SITE, BATCH)
    rows = {row.epoch: row for row in attested(party)} if found else {}
    for organization_id, hour, index, epoch in found:
        row = rows[epoch]
        head = _head(epoch, size=getattr(row, f"{party.done}_size"))
        taken = {name: getattr(row, name) for name in (f"{party.done}_at", *party.also)}
        proof = b"".join(acts.path(head, index=index, using=ALIAS))
        with scoping.organization(organization_id=organization_id):
            anchors = AuditAnchor.objects.filter(hour=hour)
            anchors.filter(**{f"{party.done}_at": None}).update(
                **{party.done: row.note, f"{party.done}_proof": proof}, **taken
            )
    return len(found)


def claimed(party: Party, *, epoch: int, at: datetime) -> Turn | None:
    """The row of an epoch, made where there is none; None while it is another's."""
    rows: Any = party.model
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with scoping.organization(organization_id=SITE):
        fresh = rows(organization_id=SITE, epoch=epoch, due_at=at)
        rows.objects.bulk_create([fresh], ignore_conflicts=True)
        mine = rows.objects.filter(free, epoch=epoch, due_at__lte=at)
        row = mine.select_for_update(skip_locked=True).first()
        if row is None:
            return None
        rows.objects.filter(epoch=epoch).update(
            fence=F("fence") + 1, leased_until=Now() + LEASE
        )
        return Turn(party=party, row=row, fence=row.fence + 1)


def kept(turn: Turn, head: Block, *, at: datetime, **changes: Any) -> bool:
    """Keeps what a turn brought; False where another worker has the row now."""
    with scoping.organization(organization_id=SITE):
        if not turn.held.update(
            due_at=at,
            leased_until=None,
            failures=0,
            failing_since=None,
            problem="",
            **{f"{turn.party.done}_size": head.end},
            **changes,
        ):
            return False
        _record(turn.party, head, outcome=Outcome.SUCCESS, at=at)
    return True


def failed(turn: Turn, head: Block, *, problem: str, at: datetime) -> None:
    """Sets when to ask again; what the other side refuses is recorded once."""
    failures = turn.row.failures + 1
    is_new = problem not in (UNREACHABLE, turn.row.problem)
    with scoping.organization(organization_id=SITE):
        is_ours = turn.held.update(
            due_at=at + rules.wait_after(failures),
            leased_until=None,
            failures=failures,
            failing_since=turn.row.failing_since or at,
            problem=problem,
        )
        if is_ours and is_new:
            _record(turn.party, head, outcome=Outcome.REFUSED, at=at)


def _record(party: Party, head: Block, *, outcome: Outcome, at: datetime) -> None:
    recording.record(
        actor=party.worker,
        action=party.action,
        target=Target(kind="log", id=log_of(organization_id=SITE).uuid),
        organization_id=SITE,
        at=at,
        outcome=outcome,
        counts={"epoch": head.epoch, "size": head.end},
        digests={"root": head.root.hex()},
    )


def _named(statement: str, party: Party) -> str:
    return statement.format(table=party.model._meta.db_table, done=party.done)


def _head(epoch: int, *, size: int) -> Block:
    found = storage.block_ending_at(
        organization_id=SITE, epoch=epoch, size=size, using=ALIAS
    )
    if found is None:
        raise LookupError(f"no block ends at {size}")
    return found
