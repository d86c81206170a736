"""Receivers that are killed under load, and started again, miss nothing."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from audit.streams.models import AuditStream
from tests.audit.conftest import Tenant
from tests.audit.streams.authorities import Authority
from tests.audit.streams.buckets import Bucket
from tests.audit.streams.conftest import fresh, started, turn
from tests.audit.streams.processes import OpenTelemetry, Process, Splunk, Webhook
from tests.audit.streams.rsyslogs import Rsyslog

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    # A reset between connecting and the handshake makes Python's own ssl module leave
    # its new socket to the garbage collector, which closes it and warns.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket"),
]
Seal = Callable[[], int]
KILLED_AFTER = (30, 80, 130)
"""Entries."""


@pytest.mark.parametrize("kind", [Webhook, Splunk, OpenTelemetry, Bucket, Rsyslog])
def test_every_entry_comes_in_order_and_twice_only_after_a_kill(
    halden: Tenant,
    authority: Authority,
    tmp_path: Path,
    seal: Seal,
    settings: Any,
    kind: type[Process],
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = kind(authority=authority, folder=tmp_path)
    stream = started(halden, server.kind, server.settings).stream
    sealed, lives = seal(), [0]
    with _turning(stream) as ended:
        for goal in KILLED_AFTER:
            with server.running():
                while len(server.arrived()) < goal:
                    assert not ended.is_set()
                    for _ in range(5):
                        halden.record()
                    sealed += seal()
            lives.append(len(server.arrived()))
        with server.running():
            while fresh(stream).cursor != (1, sealed - 1):
                assert not ended.wait(0.02)
    arrived = server.arrived()

    assert list(dict.fromkeys(arrived)) == [(1, index) for index in range(sealed)]
    for begin, end in itertools.pairwise([*lives, len(arrived)]):
        life = arrived[begin:end]
        assert life == [(1, life[0][1] + step) for step in range(len(life))]
    assert fresh(stream).sent == sealed
    if isinstance(server, Bucket):
        _nothing_is_double_in(server)


def _nothing_is_double_in(bucket: Bucket) -> None:
    bytes_of: dict[str, set[bytes]] = {}
    for name, body in bucket.puts():
        bytes_of.setdefault(name, set()).add(body)
    assert all(len(bodies) == 1 for bodies in bytes_of.values())


@contextmanager
def _turning(stream: AuditStream) -> Iterator[threading.Event]:
    """A worker that gives the stream turn after turn; the event is set if it dies."""
    stop, ended = threading.Event(), threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                turn(stream)
        finally:
            ended.set()
            connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield ended
    finally:
        stop.set()
        worker.join()
