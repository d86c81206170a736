"""Counts the requests of a key in the current minute, and says when to come back.

Counting is atomic in the cache. Without a cache nothing is counted: a limit protects
the installation from a program in a loop, and must not be what stops all of them.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.core.cache import cache
from redis import RedisError

_WINDOW_SECONDS = 60

logger = logging.getLogger(__name__)


def wait_of(*, key: UUID, per_minute: int, at: datetime) -> int:
    """Count one request; 0 if it may go on, else the seconds until it may."""
    window, passed = divmod(int(at.timestamp()), _WINDOW_SECONDS)
    # Operations with limits of their own are counted apart.
    name = f"api-requests:{key}:{per_minute}:{window}"
    try:
        cache.add(name, 0, 2 * _WINDOW_SECONDS)
        used = cache.incr(name)
    except (RedisError, ValueError):
        logger.warning("the cache does not answer; requests are not counted")
        return 0
    return 0 if used <= per_minute else _WINDOW_SECONDS - passed
