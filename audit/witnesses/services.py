"""Shows the witness each new head of the site's log, and keeps what it signed.

- The witness is asked once an hour at most, and only while anchors wait that no
  cosigned head covers: one head covers all of them, however long it was down.
- Nothing is sent inside a transaction; `audit.anchors.turns` says whose turn it is.
- Killed after the witness signed and before that was kept, the next turn is told the
  size that the witness has, and gets a cosignature of the same head.
- Anchors take their proof from the cosigned head afterwards, some at a time; what is
  missing is seen from the rows themselves.
"""

from audit.anchors import rules, turns
from audit.anchors.turns import ALIAS, Clock
from audit.log.cosignatures import Cosignature
from audit.log.storage import Block
from audit.verification import acts
from audit.witnesses import protocol, selectors
from audit.witnesses.models import Problem
from audit.witnesses.protocol import Knows, Witness, WitnessFailed
from audit.witnesses.selectors import PARTY

# The witness says its own size once, then that size is proven to it.
_TRIES = 2


def ask_due(*, clock: Clock) -> int:
    """Asks the witness about every epoch that is due; how many heads it cosigned."""
    witness = selectors.configured()
    if witness is None:
        return 0
    due = turns.due_epochs(PARTY, at=clock())
    return sum(_ask(epoch, witness=witness, clock=clock) for epoch in due)


def cover() -> int:
    """Gives some anchors their proof below a cosigned head; how many."""
    return turns.cover(PARTY)


def _ask(epoch: int, *, witness: Witness, clock: Clock) -> bool:
    turn = turns.claimed(PARTY, epoch=epoch, at=clock())
    if turn is None:
        return False
    head = turns.newest_head(epoch)
    try:
        cosigned = _cosigned(head, known=turn.row.known_size, witness=witness)
        at = clock()
        if not rules.is_plausible(cosigned.at, at=at):
            raise WitnessFailed(Problem.BAD_ANSWER)
    except WitnessFailed as failure:
        turns.failed(turn, head, problem=failure.problem, at=clock())
        return False
    return turns.kept(
        turn,
        head,
        at=at,
        known_size=head.end,
        note=head.note + cosigned.line,
        cosigned_at=cosigned.at,
    )


def _cosigned(head: Block, *, known: int, witness: Witness) -> Cosignature:
    for _try in range(_TRIES):
        if known > head.end:
            raise WitnessFailed(Problem.AHEAD)
        proof = acts.consistency(head, old=known, using=ALIAS) if known else []
        answer = protocol.submit(witness, old=known, proof=proof, note=head.note)
        if not isinstance(answer, Knows):
            return answer
        if answer.size == known:
            raise WitnessFailed(Problem.FORK)
        known = answer.size
    raise WitnessFailed(Problem.BAD_ANSWER)
