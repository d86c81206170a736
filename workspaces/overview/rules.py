"""The sentence that the overview opens with, from how its cards stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a workspace stands as a whole."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What one card contributes."""

    status: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The verdict, and the sentences that explain it: the worst cards' own."""

    verdict: Verdict
    sentences: tuple[str, ...]


def answer(standings: Sequence[Standing]) -> Answer:
    """The worst status decides; cards of that status speak, in their order."""
    for verdict in (Verdict.BAD, Verdict.WARN):
        worst = tuple(s.sentence for s in standings if s.status == verdict)
        if worst:
            return Answer(verdict=verdict, sentences=worst)
    return Answer(verdict=Verdict.OK, sentences=())
