"""How fast one stream delivers a backlog, against how fast one client records it.

What receives is a process on this machine: rsyslog and moto as they are, and for the
three kinds over HTTPS one that takes whatever comes, since decoding is its own affair.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import audit_appends, workers
from bench.ground import Ground

ORGANIZATION = 1_000_002
ENTRIES = int(os.environ.get("CUSTOS_BENCH_STREAM_ENTRIES", "5000"))
"""In the backlog before the first round; each round of recording adds its own."""
SECONDS = 3.0
ROUNDS = int(os.environ.get("CUSTOS_BENCH_PASSES", "3"))
_BLOCK = 500
_SEALING = """
import sys, time, django; django.setup()
from datetime import UTC, datetime
from audit.log import sequencer
print("ready", flush=True)
while True:
    sequencer.seal(at=datetime.now(tz=UTC))
    time.sleep(1)
"""


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """Entries a second, medians of rounds in which everything has its turn."""
    _fill()
    rates: dict[str, list[float]] = {"recorded": []}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        running.enter_context(_private_addresses())
        receivers = {
            kind: running.enter_context(one) for kind, one in _receivers(Path(folder))
        }
        for _round in range(ROUNDS):
            rates["recorded"].append(_recorded())
            for kind, receiver in receivers.items():
                rates.setdefault(kind, []).append(_delivered(receiver))
    median = {kind: statistics.median(found) for kind, found in rates.items()}
    reference = median.pop("recorded")
    return {
        f"stream_throughput_{kind}": {
            "ratio": round(ours / reference, 2),
            "ours": round(ours),
            "reference": round(reference),
            "unit": "entries/s delivered by one stream, recorded by one client",
        }
        for kind, ours in median.items()
    }


def _fill() -> None:
    from kit import scoping

    audit_appends.open_log(ORGANIZATION)
    for done in range(0, ENTRIES, _BLOCK):
        with scoping.organization(organization_id=ORGANIZATION):
            for _ in range(min(_BLOCK, ENTRIES - done)):
                audit_appends.record(ORGANIZATION)
        _seal()


def _seal() -> None:
    """Until the sequencer has caught up."""
    from audit.log import sequencer

    while sequencer.seal(at=datetime.now(tz=UTC)):
        pass


def _recorded() -> float:
    """One client, a transaction for each entry, the sequencer beside it."""
    from kit import scoping

    sealing = workers.started(_SEALING)
    try:
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            with scoping.organization(organization_id=ORGANIZATION):
                audit_appends.record(ORGANIZATION)
            done += 1
        taken = time.perf_counter() - began
    finally:
        sealing.kill()
        sealing.communicate()
    _seal()
    return done / taken


def _delivered(receiver: Any) -> float:
    """One worker that gives a new stream turn after turn until it is at the head."""
    from audit.streams import selectors, services
    from audit.streams.models import AuditStream
    from kit import scoping

    stream = _stream(receiver)
    due = selectors.Due(id=stream.pk, organization_id=ORGANIZATION)
    began = time.perf_counter()
    services.deliver_one(due=due, clock=lambda: datetime.now(tz=UTC))
    taken = time.perf_counter() - began
    with scoping.organization(organization_id=ORGANIZATION):
        found = AuditStream.objects.get(pk=stream.pk)
        AuditStream.objects.filter(pk=stream.pk).delete()
    if found.last_error or not found.sent:
        raise RuntimeError(f"{found.kind}: {found.sent} sent; {found.last_error}")
    return found.sent / taken


def _stream(receiver: Any) -> Any:
    from audit.log.selectors import log_of
    from audit.streams import services
    from audit.streams.kinds import Format
    from audit.streams.services import Asked, Start
    from kit import scoping
    from kit.actor import Actor

    with scoping.organization(organization_id=ORGANIZATION):
        log = log_of(organization_id=ORGANIZATION)
    actor, at = Actor.operator(), datetime.now(tz=UTC)
    made = services.create(
        actor=actor,
        log=log,
        workspace=None,
        kind=receiver.kind,
        asked=Asked(name="Bench", format=Format.NATIVE, settings=receiver.settings),
        start_at=Start.BEGINNING,
        at=at,
    )
    services.start(actor=actor, stream=made.stream, at=at)
    return made.stream


def _receivers(folder: Path) -> Iterator[tuple[str, Any]]:
    """Each kind, with a receiver that is not running yet."""
    from tests.audit.streams import processes, rsyslogs
    from tests.audit.streams.authorities import make_authority
    from tests.audit.streams.buckets import Bucket

    kinds: list[Callable[..., processes.Process]] = [
        *map(_sink, (processes.Webhook, processes.Splunk, processes.OpenTelemetry)),
        Bucket,
    ]
    if rsyslogs.found("ossl"):
        kinds.append(rsyslogs.Rsyslog)
    authority = make_authority(folder)
    for number, kind in enumerate(kinds):
        own = folder / str(number)
        own.mkdir()
        receiver = kind(authority=authority, folder=own)
        yield receiver.kind.value, receiver.running()


def _sink(kind: Any) -> Any:
    class Sink(kind):
        @property
        def command(self) -> list[str]:
            return list(self.python("contracts", "sink"))

    return Sink


@contextmanager
def _private_addresses() -> Iterator[None]:
    from django.conf import settings

    before = settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    try:
        yield
    finally:
        settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = before
