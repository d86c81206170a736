"""Whether this process can serve, and whether anything behind it lags."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from audit.log import selectors as log
from kit import readiness


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was asked; a failed need keeps traffic away, a lag does not."""

    name: str
    is_well: bool
    is_needed: bool
    says: str = ""


def checks(*, at: datetime) -> list[Check]:
    """Everything that a load balancer or an operator wants to know."""
    return [
        _need("database", lambda: _answers("default")),
        _need("vault", lambda: _answers("vault")),
        _need("migrations", _is_migrated),
        *(_told(name, look) for name, look in readiness.needs().items()),
        _lag("broker", _broker_answers),
        _lag("sequencer", lambda: log.stall(at=at) is None),
    ]


def _told(name: str, look: readiness.Look) -> Check:
    """A need of a slice above, which says what is wrong."""
    try:
        says = look()
    except (DatabaseError, OSError):
        return Check(name=name, is_well=False, is_needed=True)
    return Check(name=name, is_well=not says, is_needed=True, says=says)


def _need(name: str, ask: Callable[[], bool]) -> Check:
    return Check(name=name, is_well=_safely(ask), is_needed=True)


def _lag(name: str, ask: Callable[[], bool]) -> Check:
    """Without the broker work is late, without the sequencer proofs are; never lost."""
    return Check(name=name, is_well=_safely(ask), is_needed=False)


def _safely(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except (DatabaseError, redis.RedisError, OSError):
        return False


def _answers(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("select 1")
        return bool(cursor.fetchone() == (1,))


def _is_migrated() -> bool:
    if _was_migrated():
        return True
    _was_migrated.cache_clear()
    return False


@cache
def _was_migrated() -> bool:
    """Migrations are never taken back under a running process."""
    executor = MigrationExecutor(connections["default"])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker_answers() -> bool:
    with redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2
    ) as broker:
        return bool(broker.ping())
