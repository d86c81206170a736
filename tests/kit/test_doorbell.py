"""Ringing for a worker."""

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from kit.doorbell import ring_on_commit

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_rings_after_the_commit_and_not_before() -> None:
    rung: list[str] = []

    with transaction.atomic():
        ring_on_commit(lambda: rung.append("rung"))
        assert rung == []

    assert rung == ["rung"]


def test_it_does_not_ring_for_what_was_undone() -> None:
    rung: list[str] = []

    with transaction.atomic():
        ring_on_commit(lambda: rung.append("rung"))
        transaction.set_rollback(True)

    assert rung == []


@pytest.mark.parametrize("error", [OperationalError(), ConnectionRefusedError()])
def test_without_a_broker_the_change_stands(error: Exception) -> None:
    def fail() -> None:
        raise error

    with transaction.atomic():
        ring_on_commit(fail)
