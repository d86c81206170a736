"""Strangers may ask so often and no more, and cannot fill the memory by asking."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from redis import Redis

from kit import limits
from kit.limits import Limit
from tests.cast import NOON

THREE = Limit(name="tests", most=3, every_seconds=10, when_down=True)


@pytest.fixture(autouse=True)
def valkey() -> Iterator[Redis]:
    client = Redis.from_url(settings.CUSTOS_REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()


def take(at: float = 0, *, asker: str = "192.0.2.7", limit: Limit = THREE) -> int:
    return limits.take(limit, asker=asker, at=NOON + timedelta(seconds=at))


def test_so_many_at_once_and_then_one_by_one() -> None:
    assert [take() for _ in range(4)] == [0, 0, 0, 10]
    assert take(4) == 6
    assert take(10) == 0
    assert take(10) == 10


def test_a_refused_try_costs_nothing() -> None:
    for _ in range(3):
        take()

    assert [take(at) for at in (1, 2, 3, 10)] == [9, 8, 7, 0]


def test_it_refills_no_further_than_full() -> None:
    for _ in range(3):
        take()

    assert [take(1000) for _ in range(4)] == [0, 0, 0, 10]


def test_askers_and_limits_do_not_share() -> None:
    for _ in range(3):
        take()

    other = Limit(name="others", most=3, every_seconds=10, when_down=True)
    assert take(asker="192.0.2.8") == 0
    assert take(limit=other) == 0


def test_counters_stay_few_short_and_go_by_themselves(valkey: Redis) -> None:
    for number in range(500):
        take(asker="192.0.2.7")
        take(asker=limits.asker_at(f"2001:db8::{number:x}"))
        take(asker="x" * 100_000)

    keys = valkey.keys("limit:*")
    assert len(keys) == 3
    assert max(len(key) for key in keys) == 38
    assert all(0 < valkey.pttl(key) <= 30_000 for key in keys)
    assert max(valkey.strlen(key) for key in keys) < 24


@pytest.mark.parametrize(
    ("address", "asker"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_who_asks(address: str, asker: str) -> None:
    assert limits.asker_at(address) == asker


@pytest.mark.parametrize(("when_down", "wait"), [(True, 0), (False, 10)])
def test_without_valkey_each_says_for_itself(
    when_down: bool, wait: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CUSTOS_REDIS_URL", "redis://127.0.0.1:1/0")
    limit = Limit(name="tests", most=1, every_seconds=10, when_down=when_down)

    assert [take(limit=limit) for _ in range(2)] == [wait, wait]


def test_the_operator_can_raise_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CUSTOS_LIMITS_SCALE", 2.0)

    assert [take() for _ in range(7)] == [0, 0, 0, 0, 0, 0, 5]
