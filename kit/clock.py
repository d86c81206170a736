"""Reads the clock, alone in the whole product; tests and demonstrations may set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_set_at: datetime | None = None


def now() -> datetime:
    """The present, in UTC; only edges call this and pass it on as `at`."""
    if _set_at is not None:
        return _set_at
    return _demonstrated() or datetime.now(tz=UTC)


def set_for_test(at: datetime | None) -> None:
    """Stop the clock of this process at `at`; None lets it run again."""
    global _set_at  # noqa: PLW0603 -- one clock per process is the point
    _set_at = at if at is None else _in_utc(at)


@contextmanager
def fixed_at(at: datetime) -> Iterator[datetime]:
    """Stop the clock inside a `with` block, then restore what was set before."""
    before = _set_at
    set_for_test(at)
    try:
        yield now()
    finally:
        set_for_test(before)


def _demonstrated() -> datetime | None:
    if not settings.CUSTOS_NOW:
        return None
    if not settings.CUSTOS_DEMO:
        # A stopped clock would silently stop every purge.
        raise ImproperlyConfigured("CUSTOS_NOW is for demo mode only.")
    return _in_utc(datetime.fromisoformat(settings.CUSTOS_NOW))


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("A time needs its zone, for example 2026-11-23T12:00:00Z.")
    return at.astimezone(UTC)
