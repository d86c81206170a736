"""Shows the witness each new head of the site's log, and keeps what it signed.

- The witness is asked once an hour at most, and only while anchors wait that no
  cosigned head covers: one head covers all of them, however long it was down.
- Nothing is sent inside a transaction; `audit.anchors.turns` says whose turn it is.
- Killed after the witness signed and before that was kept, the next turn is told the
  size that the witness has, and gets a cosignature of the same head.
- Anchors take their proof from the cosigned head afterwards, some at a time; what is
  missing is seen from the rows themselves.
"""

from collections.abc import Callable
from datetime import datetime

from audit import recording
from audit.anchors import rules, turns
from audit.anchors.models import AuditAnchor
from audit.anchors.turns import Turn
from audit.log import storage
from audit.log.cosignatures import Cosignature
from audit.log.models import SITE
from audit.log.selectors import log_of
from audit.log.storage import Block
from audit.recording import Outcome, Target
from audit.verification import acts
from audit.witnesses import protocol, selectors
from audit.witnesses.models import AuditWitness, Problem
from audit.witnesses.protocol import Knows, Witness, WitnessFailed
from kit import scoping
from kit.actor import Actor

ACTION = "audit.head.cosigned"
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
    turn = turns.claimed(AuditWitness, epoch=epoch, at=clock())
    if turn is None:
        return False
    (head,) = storage.newest_blocks(ids=[SITE], epoch=epoch, using=_ALIAS)
    try:
        cosigned = _cosigned(head, known=turn.row.known_size, witness=witness)
        at = clock()
        if not rules.is_plausible(cosigned.at, at=at):
            raise WitnessFailed(Problem.BAD_ANSWER)
    except WitnessFailed as failure:
        _failed(turn, head, failure.problem, at=clock())
        return False
    return _keep(turn, head, cosigned, at=at)


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


def _keep(turn: Turn, head: Block, cosigned: Cosignature, *, at: datetime) -> bool:
    with scoping.organization(organization_id=SITE):
        if not turns.ended(
            turn,
            at=at,
            known_size=head.end,
            cosigned_size=head.end,
            note=head.note + cosigned.line,
            cosigned_at=cosigned.at,
        ):
            return False
        _record(head, outcome=Outcome.SUCCESS, at=at)
    return True


def _failed(turn: Turn, head: Block, problem: Problem, *, at: datetime) -> None:
    """Sets when to ask again; what the witness refuses is recorded once."""
    is_new = problem not in (Problem.UNREACHABLE, turn.row.problem)
    with scoping.organization(organization_id=SITE):
        if turns.failed(turn, problem=problem, at=at) and is_new:
            _record(head, outcome=Outcome.REFUSED, at=at)


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
