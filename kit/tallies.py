"""Counts what happens again and again without touching the database.

A tally begins at the first time, which its caller stores and then says so; what follows
is one number in Valkey, with the moments of the first and the last of them. Each lives
an hour beyond its last time, and half a minute where nobody said that the first is
stored: what counts for a caller who died is soon stored by another. When Valkey is down
nothing is counted here: the caller stores each.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from redis import Redis, RedisError

from kit.limits import client

_LIVES_SECONDS = 3_600
_UNKEPT_SECONDS = 30
# KEYS: tally. ARGV: the moment, how long it lives before and after its first is stored.
# Answers 1 for the first time, 0 for one more.
_AGAIN = """
local is_first = redis.call('HSETNX', KEYS[1], 'n', 0)
if is_first == 1 then
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    return 1
end
redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('HSETNX', KEYS[1], 'first', ARGV[1])
redis.call('HSET', KEYS[1], 'last', ARGV[1])
if redis.call('HEXISTS', KEYS[1], 'is_kept') == 1 then
    redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return 0
"""
_KEEP = """
if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('HSET', KEYS[1], 'is_kept', 1)
    redis.call('EXPIRE', KEYS[1], ARGV[1])
end
"""
# A tally that did not grow ends; in one step, so that none is lost between.
_TAKE = """
local n = tonumber(redis.call('HGET', KEYS[1], 'n') or 0)
if n == 0 then
    redis.call('DEL', KEYS[1])
    return {}
end
local found = {n, redis.call('HGET', KEYS[1], 'first'),
               redis.call('HGET', KEYS[1], 'last')}
redis.call('HSET', KEYS[1], 'n', 0)
redis.call('HDEL', KEYS[1], 'first', 'last')
return found
"""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How often something happened again since it was last asked, and when."""

    n: int
    first_at: datetime
    last_at: datetime


def is_again(name: str, *, at: datetime) -> bool:
    """Count one more time; False for the first, which the caller stores and `keep`s."""
    lives = (_UNKEPT_SECONDS, _LIVES_SECONDS)
    try:
        is_first = _client().eval(_AGAIN, 1, _key(name), _text(at), *lives)
    except RedisError:
        return False
    return not int(str(is_first))


def keep(name: str) -> None:
    """Say that the first time is stored."""
    try:
        _client().eval(_KEEP, 1, _key(name), _LIVES_SECONDS)
    except RedisError:
        return


def take(name: str) -> Tally | None:
    """What was counted since the last time; None, and the tally ends, for nothing."""
    try:
        found = _client().eval(_TAKE, 1, _key(name))
    except RedisError:
        return None
    if not isinstance(found, list) or not found:
        return None
    n, first, last = found
    return Tally(n=int(n), first_at=_moment(first), last_at=_moment(last))


def forget_all() -> None:
    """End every tally, between tests."""
    valkey = _client()
    for key in valkey.scan_iter("tally:*", count=1000):
        valkey.delete(key)


def forget(name: str) -> None:
    """End a tally whose first time was not stored."""
    try:
        _client().delete(_key(name))
    except RedisError:
        return


def _client() -> Redis:
    return client(settings.CUSTOS_REDIS_URL)


def _key(name: str) -> str:
    return f"tally:{name}"


def _text(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


def _moment(value: bytes) -> datetime:
    return datetime.fromtimestamp(float(value), tz=UTC)
