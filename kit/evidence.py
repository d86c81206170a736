"""Collects live evidence for the promises; each slice registers what it can show.

The page of promises asks nobody by name: whoever keeps a promise registers, when its
app starts, a look that tells whether it is kept right now.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one look found: whether the promise holds, and a sentence that shows it."""

    holds: bool
    says: str | LazyText


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A finding beside the promise and the name of whoever looked."""

    promise: str
    source: str
    finding: Finding


Look = Callable[[datetime], Finding]

_looks: dict[tuple[str, str], Look] = {}


class AlreadyRegistered(Exception):
    """Two looks claim the same promise and name."""


def register(promise: str, look: Look) -> None:
    """Add a look at `promise`; the look's own name tells it from others."""
    place = (promise, f"{look.__module__}.{look.__qualname__}")
    if _looks.get(place, look) is not look:
        raise AlreadyRegistered(" ".join(place))
    _looks[place] = look


def collect(*, at: datetime) -> list[Evidence]:
    """Look at everything registered, by promise; a look that fails shows nothing."""
    return [
        Evidence(promise=promise, source=source, finding=_found(look, source, at))
        for (promise, source), look in sorted(_looks.items(), key=lambda pair: pair[0])
    ]


def _found(look: Look, source: str, at: datetime) -> Finding:
    try:
        return look(at)
    except Exception as error:  # noqa: BLE001 -- one broken look must not hide the rest
        # Only the kind: the text of an exception may hold content.
        logger.error("evidence %s failed: %s", source, type(error).__name__)
        return Finding(holds=False, says=_("This evidence could not be collected."))
