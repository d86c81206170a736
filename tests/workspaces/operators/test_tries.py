"""Whoever guesses an operator's password is stopped, and leaves a trace."""

import pytest
import redis
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from audit.log.leaf import Leaf
from audit.log.models import AuditEntry
from kit import scoping
from workspaces.operators.services import entrance

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("valkey")]

LOGIN = "/operator/login/"
PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def _operator(tmp_path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    call_command("create_operator", email="op@halden.example", password_file=file)


def guess(
    password: str = "wrong", *, email: str = "op@halden.example", ip: str = "192.0.2.1"
) -> int:
    form = {"username": email, "password": password}
    return Client(REMOTE_ADDR=ip).post(LOGIN, form).status_code


def outcomes() -> list[str]:
    with scoping.organization(organization_id=0):
        leaves = AuditEntry.objects.order_by("id").values_list("leaf", flat=True)
        return [str(Leaf.parse(bytes(leaf)).outcome) for leaf in leaves]


def test_too_many_guesses_for_one_address_are_refused_from_everywhere(
    monkeypatch,
) -> None:
    monkeypatch.setattr(entrance, "_MOST_FOR_AN_ADDRESS", 2)

    statuses = [guess(ip=f"192.0.2.{number}") for number in range(3)]

    assert statuses == [200, 200, 429]
    assert guess(PASSWORD, email="OP@halden.example ") == 429


def test_too_many_guesses_from_one_source_are_refused_for_everyone(monkeypatch) -> None:
    monkeypatch.setattr(entrance, "_MOST_FROM_A_SOURCE", 2)

    statuses = [guess(email=f"op{number}@halden.example") for number in range(3)]

    assert statuses == [200, 200, 429]
    assert guess(PASSWORD, ip="192.0.2.2") == 302


def test_an_ipv6_customer_is_one_source(monkeypatch) -> None:
    monkeypatch.setattr(entrance, "_MOST_FROM_A_SOURCE", 2)

    statuses = [guess(email=f"op{n}@x.example", ip=f"2001:db8::{n}") for n in range(3)]

    assert statuses == [200, 200, 429]


def test_a_source_that_is_refused_leaves_nothing_for_made_up_addresses(
    monkeypatch, valkey: redis.Redis
) -> None:
    monkeypatch.setattr(entrance, "_MOST_FROM_A_SOURCE", 1)
    for number in range(2):
        guess(email=f"op{number}@halden.example")
    before = len(valkey.keys("*operator-tries:*"))

    for number in range(10):
        guess(email=f"made-up-{number}@halden.example")

    assert len(valkey.keys("*operator-tries:*")) == before


def test_signing_in_rightly_is_never_too_often(monkeypatch) -> None:
    monkeypatch.setattr(entrance, "_MOST_FOR_AN_ADDRESS", 1)

    assert [guess(PASSWORD) for _ in range(3)] == [302, 302, 302]


def test_refused_tries_are_recorded_once_a_minute(monkeypatch) -> None:
    monkeypatch.setattr(entrance, "_MOST_FOR_AN_ADDRESS", 2)
    before = len(outcomes())

    for _ in range(4):
        guess()

    assert outcomes()[before:] == ["refused", "refused"]  # the password, the number


def test_without_the_cache_an_operator_gets_in_all_the_same(monkeypatch) -> None:
    def fails(*_args: object, **_options: object) -> None:
        raise redis.ConnectionError

    for verb in ("add", "incr", "decr"):
        monkeypatch.setattr(type(cache._connections["default"]), verb, fails)  # type: ignore[attr-defined]

    assert guess(PASSWORD) == 302
    assert guess() == 200
