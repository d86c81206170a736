"""Compares the log with the head that this browser saw last, kept in a signed cookie.

Whoever rewrites the log on the server does not reach what browsers keep.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core import signing

from audit.integrity import selectors
from audit.log.selectors import Log
from audit.log.storage import Block
from audit.log.tree import HASH_BYTES

_DAYS = 400
_SALT = "custos.audit.seen"


class Verdict(StrEnum):
    """What the comparison says."""

    FIRST = "first"
    SAME = "same"
    GROWN = "grown"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A head that a browser saw."""

    epoch: int
    size: int
    root: bytes


def seen(request: Any, *, log: Log) -> Seen | None:
    """The head in this browser's cookie; None where it has none that we wrote."""
    try:
        epoch, size, root = signing.loads(
            request.COOKIES.get(_name(log), ""), salt=_SALT
        )
        found = Seen(epoch=int(epoch), size=int(size), root=bytes.fromhex(root))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return found if found.size > 0 and len(found.root) == HASH_BYTES else None


def compared(log: Log, *, last: Seen | None, newest: Block | None) -> Verdict:
    """Whether the log still holds what was seen."""
    if last is None:
        return Verdict.FIRST
    if newest is None or last.epoch > newest.epoch:
        return Verdict.BROKEN
    if (last.epoch, last.size, last.root) == (newest.epoch, newest.end, newest.root):
        return Verdict.SAME
    holds = selectors.is_extended(log, epoch=last.epoch, size=last.size, root=last.root)
    return Verdict.GROWN if holds else Verdict.BROKEN


def remember(response: Any, *, log: Log, newest: Block) -> None:
    """Keeps the head in the browser; never after a comparison that failed."""
    value = signing.dumps((newest.epoch, newest.end, newest.root.hex()), salt=_SALT)
    response.set_cookie(
        _name(log),
        value,
        max_age=_DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _name(log: Log) -> str:
    return f"custos-log-{log.uuid.hex}"
