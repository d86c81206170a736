"""Decides owners and dates of conversations that come without them, or with old ones.

Both follow from a hash of the conversation's id, so that two runs agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar

OwnerT = TypeVar("OwnerT")
_SPAN = 1 << 64


def assigned(owners: Sequence[OwnerT], *, id: str) -> OwnerT:  # noqa: A002
    """The one of `owners` that conversation `id` falls to."""
    return owners[_number(id, "owner") % len(owners)]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A stretch of time over which undated conversations are spread evenly."""

    first: datetime
    last: datetime

    def moment(self, *, id: str) -> datetime:  # noqa: A002
        """The time of conversation `id`, to the second."""
        seconds = int((self.last - self.first).total_seconds())
        return self.first + timedelta(seconds=seconds * _number(id, "date") // _SPAN)


@dataclass(frozen=True, kw_only=True)
class Dates:
    """What a stored conversation counts from."""

    created_at: datetime
    last_activity_at: datetime


@dataclass(frozen=True, kw_only=True)
class Dating:
    """How one import dates what it stores: never later than `at`."""

    at: datetime
    shift: timedelta = timedelta(0)
    spread: Spread | None = None

    def dates(
        self,
        *,
        id: str,  # noqa: A002
        created_at: datetime | None,
        last_activity_at: datetime | None,
    ) -> Dates:
        """The source's own dates, shifted; else spread; else the import's time."""
        if created_at is None or last_activity_at is None:
            moment = self.spread.moment(id=id) if self.spread else self.at
            moment = min(moment, self.at)
            return Dates(created_at=moment, last_activity_at=moment)
        created_at = self.moved(created_at)
        return Dates(
            created_at=created_at,
            last_activity_at=max(created_at, self.moved(last_activity_at)),
        )

    def moved(self, moment: datetime) -> datetime:
        """One of the source's times, shifted and brought back from the future."""
        try:
            return min(moment + self.shift, self.at)
        except OverflowError:
            return self.at


def _number(id: str, purpose: str) -> int:  # noqa: A002
    text = f"{purpose}\0{id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(text).digest()[:8], "big")
