"""The harness gives tests the real servers, and keeps them from the world."""

import socket

import pytest
import redis

from tests.harness.network import LeftTheMachine


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1"])
def test_another_machine_is_out_of_reach(host: str) -> None:
    with socket.socket() as probe, pytest.raises(LeftTheMachine):
        probe.connect((host, 80))


def test_a_foreign_name_is_not_resolved() -> None:
    with pytest.raises(LeftTheMachine):
        socket.getaddrinfo("example.test", 80)


def test_valkey_answers_and_is_empty(valkey: redis.Redis) -> None:
    assert valkey.ping()
    assert valkey.dbsize() == 0
