"""Which witness there is, and how it stands."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from audit.anchors import turns
from audit.anchors.turns import Party
from audit.log import cosignatures
from audit.witnesses.models import AuditWitness, Problem
from audit.witnesses.protocol import Witness
from kit.actor import Actor

_SAYS = {
    Problem.UNREACHABLE: "no answer that counts",
    Problem.UNKNOWN_LOG: "it does not know this log",
    Problem.UNKNOWN_KEY: "it does not know the key of this log",
    Problem.FORK: "what it signed before is not part of this log",
    Problem.AHEAD: "it signed a head beyond the end of this log",
    Problem.BAD_ANSWER: "its answer does not hold",
}
PARTY = Party(
    model=AuditWitness,
    done="cosigned",
    action="audit.head.cosigned",
    worker=Actor.system("witness"),
)


def configured() -> Witness | None:
    """The witness that the operator set, if any."""
    key = cosignatures.configured_key()
    if key is None or not settings.CUSTOS_WITNESS_URL:
        return None
    return Witness(url=settings.CUSTOS_WITNESS_URL, key=key)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The witness signs nothing; `is_contradiction` where it saw other heads."""

    since: datetime
    sentence: str
    is_contradiction: bool


def trouble() -> Trouble | None:
    """Why the witness signs nothing of the newest epoch it fails for: for commands."""
    found = turns.trouble(PARTY)
    if found is None:
        return None
    problem = Problem(found.problem)
    return Trouble(
        since=found.since,
        sentence=_SAYS[problem],
        is_contradiction=problem in (Problem.FORK, Problem.AHEAD),
    )
