"""Recorded events against plain inserts at 1, 4 and 16 clients, sequencer beside."""

import multiprocessing as mp
import statistics
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import django

from bench.ground import Ground

CLIENTS = (1, 4, 16)
SECONDS = 3.0
ROUNDS = 3
ORGANIZATION = 1_000_001
_TABLES = """
create table bench_work (id bigint generated always as identity primary key, n int);
create table bench_plain (
    id bigint generated always as identity primary key,
    organization_id bigint not null, xid xid8 not null default pg_current_xact_id(),
    leaf bytea not null, actor bytea not null, event bytea not null);
create index on bench_plain (organization_id, xid, id);
create index on bench_plain (xid, id);
grant select, insert on bench_work, bench_plain to custos_app;
"""


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """The rate of business transactions with `record` over that with an INSERT."""
    _prepare()
    context = mp.get_context("spawn")
    stop = context.Event()
    sequencer = context.Process(target=_seal, args=(stop,))
    sequencer.start()
    try:
        found = {n: _compare(context, n) for n in CLIENTS}
    finally:
        stop.set()
        sequencer.join()
    behind = _behind()
    return {
        f"audit_vs_plain_insert_{n}": {
            "ratio": round(ours / plain, 3),
            "ours": round(ours),
            "reference": round(plain),
            "unit": f"transactions/s at {n} clients; {behind} entries unsealed after",
        }
        for n, (ours, plain) in found.items()
    }


def _compare(context: Any, clients: int) -> tuple[float, float]:
    rates: dict[str, list[float]] = {"record": [], "plain": []}
    for _round in range(ROUNDS):
        for kind, known in rates.items():
            with context.Pool(clients, initializer=_setup) as pool:
                pool.map(_warm, [kind] * clients)
                known.append(sum(pool.map(_client, [kind] * clients)))
    return statistics.median(rates["record"]), statistics.median(rates["plain"])


def _setup() -> None:
    django.setup()


def _prepare() -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(_TABLES)
    open_log(ORGANIZATION)
    connections.close_all()


def open_log(organization_id: int) -> None:
    """An organization with nothing but a log."""
    from audit.log import services
    from kit import scoping, vault

    key = vault.make_keys(parent=None)[0]
    with scoping.organization(organization_id=organization_id):
        services.open_log(
            organization_id=organization_id,
            organization_uuid=uuid4(),
            slug="bench",
            name="Bench",
            key_id=key.id,
            at=datetime.now(tz=UTC),
        )


def _warm(kind: str) -> None:
    _act(kind, seconds=0.3)
    time.sleep(0.3)  # let every process of the pool take one


def _client(kind: str) -> float:
    return _act(kind, seconds=SECONDS)


def _act(kind: str, *, seconds: float) -> float:
    from django.db import connection

    from kit import scoping

    done = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        with scoping.organization(organization_id=ORGANIZATION):
            with connection.cursor() as cursor:
                cursor.execute("insert into bench_work (n) values (1)")
            _ENTRIES[kind](ORGANIZATION)
        done += 1
    return done / (time.perf_counter() - began)


def record(organization_id: int) -> None:
    """One entry such as a page records, in the transaction that is open."""
    from audit import recording
    from audit.recording import Target
    from kit.actor import Actor, ActorKind

    actor = Actor(
        kind=ActorKind.USER,
        id="5b0d0c52-6a4f-4a1e-9c63-0d5f6d0e6f10",
        label="someone@halden.example",
        ip="203.0.113.24",
        user_agent="Mozilla/5.0 (X11; Linux x86_64)",
    )
    recording.record(
        actor=actor,
        action="retention.policy.set",
        target=Target(kind="policy", id="0f1f4a9e-8f0e-4d4b-9a53-5b1f3ff5b9f4"),
        organization_id=organization_id,
        at=datetime.now(tz=UTC),
        changes={"days": (365, 90)},
        reason="Records schedule RS-14",
    )


def _plain(organization_id: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "insert into bench_plain (organization_id, leaf, actor, event)"
            " values (%s, %s, %s, %s)",
            [organization_id, b"x" * 620, b"x" * 260, b"x" * 260],
        )


_ENTRIES = {"record": record, "plain": _plain}


def _seal(stop: Any) -> None:
    django.setup()
    from audit.log import sequencer

    while not stop.wait(1.0):
        sequencer.seal(at=datetime.now(tz=UTC))


def _behind() -> int:
    from django.db import connections

    with connections["sequencer"].cursor() as cursor:
        cursor.execute(
            "select count(*) from audit_entry e, audit_sequencer s"
            " where (e.epoch, e.xid, e.id) > (s.bound_epoch, s.bound_xid, s.bound_id)"
        )
        return int(cursor.fetchone()[0])
