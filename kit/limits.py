"""Limits how often something may be asked: a bucket of tokens for each asker.

One number in Valkey holds a bucket (the moment from which it is full again), changed
by one script, so that askers at the same time share it rightly; it expires by itself
when the bucket is full, and no key is longer than a hash. What strangers send can
neither grow the memory nor the database.

When Valkey is down, a limit either lets through or refuses. Each says which: what
guards nothing but our own time lets through.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from redis import Redis, RedisError

_PATIENCE_SECONDS = 0.5
_V6_PREFIX = 64  # what one customer of a provider has at least
# KEYS: bucket. ARGV: now, milliseconds a token takes, tokens in a full bucket.
# The value is when the bucket will be full; the answer how long to wait, 0 for go on.
_TAKE = """
local now, each, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at < now then full_at = now end
local after = full_at + each
local wait = after - now - each * most
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil(after - now))
return 0
"""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`most` at once, then one every `every_seconds`; `when_down` lets through."""

    name: str
    most: int
    every_seconds: float
    when_down: bool


def take(limit: Limit, *, asker: str, at: datetime) -> int:
    """Take a token; 0 to go on, else how many seconds to wait."""
    scale = settings.CUSTOS_LIMITS_SCALE
    key = sha256(f"{limit.name} {asker}".encode()).hexdigest()[:32]
    try:
        waiting = client(settings.CUSTOS_REDIS_URL).eval(
            _TAKE,
            1,
            f"limit:{key}",
            int(at.timestamp() * 1000),
            limit.every_seconds * 1000 / scale,
            math.ceil(limit.most * scale),
        )
    except RedisError:
        return 0 if limit.when_down else math.ceil(limit.every_seconds)
    return math.ceil(int(str(waiting)) / 1000)


def forget_all() -> None:
    """Fill every bucket: after a false alarm, and between tests."""
    valkey = client(settings.CUSTOS_REDIS_URL)
    for key in valkey.scan_iter("limit:*", count=1000):
        valkey.delete(key)


def asker_at(address: str) -> str:
    """Who asks from a network address: all of an IPv6 customer is one asker."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, _V6_PREFIX), strict=False))
    return str(found)


@lru_cache(maxsize=2)
def client(url: str) -> Redis:
    """The connection to Valkey; who asks waits half a second at most."""
    return Redis.from_url(
        url,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
    )
