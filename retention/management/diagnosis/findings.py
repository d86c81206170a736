"""What an examination finds: a level, a sentence, and the way out."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import redis
from django.db import DatabaseError
from kombu.exceptions import OperationalError

from kit.keyfiles import KeyFileUnusable
from kit.refusals import Refused


class Level(StrEnum):
    """How much a finding matters; BAD means that a promise is broken."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of one thing; `way_out` is empty where all is well."""

    level: Level
    sentence: str
    way_out: str = ""
    name: str = ""

    def named(self, name: str) -> "Finding":
        """The same finding under the name of its probe."""
        return replace(self, name=name)


Probe = Callable[[datetime], Finding]

_UNASKABLE = (
    *(DatabaseError, redis.RedisError, OperationalError, OSError),
    *(KeyFileUnusable, Refused),
)


def ok(sentence: str) -> Finding:
    """All is well."""
    return Finding(level=Level.OK, sentence=sentence)


def warn(sentence: str, *, way_out: str) -> Finding:
    """It works, and is not how it should be where data is real."""
    return Finding(level=Level.WARN, sentence=sentence, way_out=way_out)


def bad(sentence: str, *, way_out: str) -> Finding:
    """A promise is broken, or soon will be."""
    return Finding(level=Level.BAD, sentence=sentence, way_out=way_out)


def asked(*, way_out: str) -> Callable[[Probe], Probe]:
    """A probe whose failure to answer is a finding with this way out."""

    def decorate(probe: Probe) -> Probe:
        @functools.wraps(probe)
        def answer(at: datetime) -> Finding:
            try:
                return probe(at)
            except _UNASKABLE as error:
                said = " ".join(str(error).split()) or type(error).__name__
                return bad(f"It cannot be asked: {said}", way_out=way_out)

        return answer

    return decorate
