"""Shows the witness each new head of the site's log, and keeps what it signed.

- The witness is asked once an hour at most, and only while anchors wait that no
  cosigned head covers: one head covers all of them, however long it was down.
- Nothing is sent inside a transaction. A turn holds a lease with a fencing number.
- Killed after the witness signed and before that was kept, the next turn is told the
  size that the witness has, and gets a cosignature of the same head.
- Anchors take their proof from the cosigned head afterwards, some at a time; what is
  missing is seen from the rows themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from audit import recording
from audit.anchors.models import AuditAnchor
from audit.log import storage
from audit.log.cosignatures import Cosignature
from audit.log.models import SITE
from audit.log.selectors import log_of
from audit.log.storage import Block
from audit.recording import Outcome, Target
from audit.verification import acts
from audit.witnesses import protocol, rules, selectors
from audit.witnesses.models import AuditWitness, Problem
from audit.witnesses.protocol import Knows, Witness, WitnessFailed
from kit import scoping
from kit.actor import Actor

ACTION = "audit.head.cosigned"
LEASE = timedelta(seconds=120)
BATCH = 100
Clock = Callable[[], datetime]

_ALIAS = "sequencer"
_WORKER = Actor.system("witness")
# The witness says its own size once, then that size is proven to it.
_TRIES = 2
_UNCOVERED = """
select a.organization_id, a.hour, a.index, w.epoch, w.cosigned_size, w.note,
       w.cosigned_at
  from audit_witness w cross join lateral (
    select * from audit_anchor x
     where x.site_epoch = w.epoch and x.cosigned_at is null
       and x.index < w.cosigned_size
     order by x.entry_id limit %s) a
 where w.organization_id = %s order by w.epoch desc limit %s
"""


@dataclass(frozen=True, kw_only=True)
class _Lease:
    """One epoch of the site's log in the hands of one worker."""

    row: AuditWitness
    fence: int


def ask_due(*, clock: Clock) -> int:
    """Asks the witness about every epoch that is due; how many heads it cosigned."""
    witness = selectors.configured()
    if witness is None:
        return 0
    due = selectors.due_epochs(at=clock())
    return sum(_ask(epoch, witness=witness, clock=clock) for epoch in due)


def cover() -> int:
    """Gives up to a hundred anchors their proof below a cosigned head; how many."""
    found = storage.rows(_ALIAS, _UNCOVERED, BATCH, SITE, BATCH)
    for organization_id, hour, index, epoch, size, note, cosigned_at in found:
        head = _head(epoch, size=size)
        path = acts.path(head, index=index, using=_ALIAS)
        with scoping.organization(organization_id=organization_id):
            AuditAnchor.objects.filter(hour=hour, cosigned_at=None).update(
                cosigned=note, cosigned_proof=b"".join(path), cosigned_at=cosigned_at
            )
    return len(found)


def _ask(epoch: int, *, witness: Witness, clock: Clock) -> bool:
    lease = _claimed(epoch, at=clock())
    if lease is None:
        return False
    (head,) = storage.newest_blocks(ids=[SITE], epoch=epoch, using=_ALIAS)
    try:
        cosigned = _cosigned(head, known=lease.row.known_size, witness=witness)
        at = clock()
        if not rules.is_plausible(cosigned.at, at=at):
            raise WitnessFailed(Problem.BAD_ANSWER)
    except WitnessFailed as failure:
        _failed(lease, head, failure.problem, at=clock())
        return False
    return _keep(lease, head, cosigned, at=at)


def _claimed(epoch: int, *, at: datetime) -> _Lease | None:
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with scoping.organization(organization_id=SITE):
        fresh = AuditWitness(organization_id=SITE, epoch=epoch, due_at=at)
        AuditWitness.objects.bulk_create([fresh], ignore_conflicts=True)
        mine = AuditWitness.objects.filter(free, epoch=epoch, due_at__lte=at)
        row = mine.select_for_update(skip_locked=True).first()
        if row is None:
            return None
        AuditWitness.objects.filter(epoch=epoch).update(
            fence=F("fence") + 1, leased_until=Now() + LEASE
        )
        return _Lease(row=row, fence=row.fence + 1)


def _cosigned(head: Block, *, known: int, witness: Witness) -> Cosignature:
    for _try in range(_TRIES):
        if known > head.end:
            raise WitnessFailed(Problem.AHEAD)
        proof = acts.consistency(head, old=known, using=_ALIAS) if known else []
        answer = protocol.submit(witness, old=known, proof=proof, note=head.note)
        if not isinstance(answer, Knows):
            return answer
        if answer.size == known:
            raise WitnessFailed(Problem.FORK)
        known = answer.size
    raise WitnessFailed(Problem.BAD_ANSWER)


def _keep(lease: _Lease, head: Block, cosigned: Cosignature, *, at: datetime) -> bool:
    with scoping.organization(organization_id=SITE):
        if not _held(lease).update(
            known_size=head.end,
            cosigned_size=head.end,
            note=head.note + cosigned.line,
            cosigned_at=cosigned.at,
            due_at=at,
            leased_until=None,
            failures=0,
            failing_since=None,
            problem="",
        ):
            return False
        _record(head, outcome=Outcome.SUCCESS, at=at)
    return True


def _failed(lease: _Lease, head: Block, problem: Problem, *, at: datetime) -> None:
    """Sets when to ask again; what the witness refuses is recorded once."""
    failures = lease.row.failures + 1
    with scoping.organization(organization_id=SITE):
        is_held = _held(lease).update(
            due_at=at + rules.wait_after(failures),
            leased_until=None,
            failures=failures,
            failing_since=lease.row.failing_since or at,
            problem=problem,
        )
        is_new = problem not in (Problem.UNREACHABLE, lease.row.problem)
        if is_held and is_new:
            _record(head, outcome=Outcome.REFUSED, at=at)


def _held(lease: _Lease) -> QuerySet[AuditWitness]:
    return AuditWitness.objects.filter(epoch=lease.row.epoch, fence=lease.fence)


def _record(head: Block, *, outcome: Outcome, at: datetime) -> None:
    recording.record(
        actor=_WORKER,
        action=ACTION,
        target=Target(kind="log", id=log_of(organization_id=SITE).uuid),
        organization_id=SITE,
        at=at,
        outcome=outcome,
        counts={"epoch": head.epoch, "size": head.end},
        digests={"root": head.root.hex()},
    )


def _head(epoch: int, *, size: int) -> Block:
    found = storage.block_ending_at(
        organization_id=SITE, epoch=epoch, size=size, using=_ALIAS
    )
    if found is None:
        raise LookupError(f"no block ends at {size}")
    return found
