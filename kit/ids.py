"""Makes the identifiers that leave the database."""

import secrets
from datetime import datetime
from uuid import UUID, uuid4

from kit import clock

_TAIL_BITS = 62
_SUB_MILLISECOND_BITS = 12


def new_uuid() -> UUID:
    """A random id that tells nothing about time, order or name."""
    return uuid4()


def new_uuid7(*, at: datetime | None = None) -> UUID:
    """A time-ordered id (RFC 9562 version 7) for records whose time is no secret.

    The twelve bits after the milliseconds hold the fraction of the millisecond, so
    ids of one process sort by time down to a quarter of a microsecond.
    """
    moment = at if at is not None else clock.now()
    whole_seconds = int(moment.replace(microsecond=0).timestamp())
    milliseconds, microseconds = divmod(moment.microsecond, 1000)
    fraction = (microseconds << _SUB_MILLISECOND_BITS) // 1000
    value = (whole_seconds * 1000 + milliseconds) << 80
    value |= 0x7 << 76 | fraction << 64
    value |= 0b10 << _TAIL_BITS | secrets.randbits(_TAIL_BITS)
    return UUID(int=value)
