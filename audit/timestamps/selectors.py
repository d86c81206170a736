"""Which timestamp authority there is, and how that stands."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from audit.anchors import turns
from audit.anchors.turns import Party
from audit.timestamps.models import AuditTimestamp, Problem
from kit.actor import Actor

_SAYS = {
    Problem.UNREACHABLE: "no answer that counts",
    Problem.NOT_GRANTED: "it grants no timestamp",
    Problem.BAD_ANSWER: "its answer does not hold",
}
PARTY = Party(
    model=AuditTimestamp,
    done="stamped",
    action="audit.head.timestamped",
    worker=Actor.system("timestamp"),
    also=("stamp",),
)


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Where timestamps are asked for, and the roots that they must lead to."""

    url: str
    roots: Path


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The authority timestamps nothing."""

    since: datetime
    sentence: str


def configured() -> Authority | None:
    """The authority that the operator set, if any."""
    url, roots = settings.CUSTOS_TIMESTAMP_URL, settings.CUSTOS_TIMESTAMP_CA_FILE
    return Authority(url=url, roots=Path(roots)) if url and roots else None


def trouble() -> Trouble | None:
    """Why nothing of the newest epoch that fails is timestamped: for commands."""
    found = turns.trouble(PARTY)
    if found is None:
        return None
    return Trouble(since=found.since, sentence=_SAYS[Problem(found.problem)])
