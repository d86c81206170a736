"""Writers race with sequencers that die: every committed entry is sealed exactly once.

The writers do what applications do to a log: commit late, roll back, give up a
savepoint, take their transaction id early, commit asynchronously. The heads that were
published on the way must all be heads of the one final tree.
"""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from audit.log import checkpoints, note, sequencer, storage, tree
from audit.log.models import AuditEntry
from audit.log.selectors import log_of
from audit.verification.walk import walk
from kit import scoping
from tests.audit.conftest import AT, Tenant

pytestmark = pytest.mark.django_db(transaction=True)

Connection = psycopg.Connection[Any]

# Loads Django once, then lets one child after another seal. Each tells of its rounds
# and is killed at a random moment of a random one.
_SEQUENCERS = """
import os, random, signal, sys, time
import django
django.setup()
from datetime import UTC, datetime
from audit.log import sequencer
dice = random.Random(int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        while True:
            sequencer.seal(at=datetime.now(UTC))
            os.write(write, b".")
    for _ in range(dice.randrange(1, 4)):
        os.read(read, 1)
    time.sleep(dice.uniform(0, 0.04))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read), os.close(write)
"""


class _Writer:
    """One client of the database, with habits of its own."""

    def __init__(self, number: int, tenants: list[Tenant], parameters: Any) -> None:
        self._number = number
        self._dice = random.Random(number)
        self._tenants = tenants
        self._parameters = parameters
        self.committed: list[tuple[int, bytes]] = []

    def write(self, *, until: float) -> list[tuple[int, bytes]]:
        """Writes until the time is up; returns what was acknowledged."""
        habits = [self._plain, self._late, self._undone, self._partly, self._early]
        with psycopg.connect(**self._parameters) as connection:
            count = 0
            while time.monotonic() < until:
                tenant = self._dice.choice(self._tenants)
                leaf = b"%d/%d" % (self._number, count)
                kept = self._dice.choice(habits)(connection, tenant, leaf)
                self.committed += [(tenant.id, one) for one in kept]
                count += 1
        return self.committed

    def _plain(self, db: Connection, tenant: Tenant, leaf: bytes) -> list[bytes]:
        db.execute("select set_config('synchronous_commit', %s, true)", [self._mode()])
        self._insert(db, tenant, leaf)
        db.commit()
        return [leaf]

    def _late(self, db: Connection, tenant: Tenant, leaf: bytes) -> list[bytes]:
        self._insert(db, tenant, leaf)
        self._wait()
        db.commit()
        return [leaf]

    def _undone(self, db: Connection, tenant: Tenant, leaf: bytes) -> list[bytes]:
        self._insert(db, tenant, leaf)
        self._wait()
        db.rollback()
        return []

    def _partly(self, db: Connection, tenant: Tenant, leaf: bytes) -> list[bytes]:
        self._insert(db, tenant, leaf)
        with contextlib.suppress(ZeroDivisionError), db.transaction():
            self._insert(db, tenant, leaf + b"/undone")
            _ = 1 // 0
        self._insert(db, tenant, leaf + b"/again")
        db.commit()
        return [leaf, leaf + b"/again"]

    def _early(self, db: Connection, tenant: Tenant, leaf: bytes) -> list[bytes]:
        db.execute("select pg_current_xact_id()")
        self._wait()
        self._insert(db, tenant, leaf)
        db.commit()
        return [leaf]

    def _insert(self, db: Connection, tenant: Tenant, leaf: bytes) -> None:
        db.execute(
            "select set_config('custos.organization', %s, true)", [str(tenant.id)]
        )
        db.execute(
            "insert into audit_entry (organization_id, leaf) values (%s, %s)",
            [tenant.id, leaf],
        )

    def _wait(self) -> None:
        time.sleep(self._dice.uniform(0, 0.05))

    def _mode(self) -> str:
        return self._dice.choice(("on", "off"))


@contextlib.contextmanager
def _writing(
    tenants: list[Tenant], *, seconds: float, number: int
) -> Iterator[list["Future[list[tuple[int, bytes]]]"]]:
    all_parameters = connections["default"].get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    parameters = {name: all_parameters[name] for name in names}
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(number) as threads:
        yield [
            threads.submit(_Writer(n, tenants, parameters).write, until=until)
            for n in range(number)
        ]


def _heads(tenants: list[Tenant]) -> dict[int, note.Checkpoint]:
    found = {}
    for tenant in tenants:
        if text := checkpoints.published(tenant.uuid):
            keys = checkpoints.keys_of(tenant.uuid)
            found[tenant.id] = note.opened(text, keys=keys)
    return found


def _check(
    tenants: list[Tenant],
    acknowledged: list[tuple[int, bytes]],
    heads: list[dict[int, note.Checkpoint]],
) -> None:
    for tenant in tenants:
        with scoping.organization(organization_id=tenant.id):
            log = log_of(organization_id=tenant.id)
            rows = AuditEntry.objects.order_by("epoch", "xid", "id")
            leaves = [bytes(row.leaf) for row in rows]
        mine = sorted(leaf for owner, leaf in acknowledged if owner == tenant.id)
        result = walk(log, using="sequencer")
        hashes = [tree.leaf_hash(leaf) for leaf in leaves]

        assert sorted(leaves) == mine
        assert (result.entries, result.finding) == (len(mine), None)
        for published in heads:
            if head := published.get(tenant.id):
                assert head.root == tree.root_of(hashes[: head.size])


def _sealed_all() -> None:
    while sequencer.seal(at=AT):
        pass
    assert not storage.rows("sequencer", sequencer._WAITING)[0][0]


def test_writers_race_with_the_sequencer(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    tenants, heads = [halden, brightwater], []
    with _writing(tenants, seconds=1.5, number=6) as futures:
        while not all(future.done() for future in futures):
            seal()
            heads.append(_heads(tenants))

    _sealed_all()

    acknowledged = [one for future in futures for one in future.result()]
    assert len(acknowledged) > 100
    _check(tenants, acknowledged, heads)


@pytest.mark.slow
def test_sequencers_are_killed_at_any_moment(
    halden: Tenant, brightwater: Tenant, checkpoint_folder: Path
) -> None:
    tenants, heads = [halden, brightwater], []
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CUSTOS_CHECKPOINT_DIR": str(checkpoint_folder),
        "PYTHONWARNINGS": "ignore",
    }
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", _SEQUENCERS, str(number)],
            env=environment,
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in range(2)
    ]
    for rival in rivals:  # loading takes seconds; nobody writes meanwhile
        assert rival.stdout is not None
        assert rival.stdout.readline() == b"ready\n"
    with _writing(tenants, seconds=12, number=8) as futures:
        for rival in rivals:
            assert rival.stdin is not None
            rival.stdin.write(b"go\n")
            rival.stdin.close()
        while any(rival.poll() is None for rival in rivals):
            heads.append(_heads(tenants))
            time.sleep(0.05)

    _sealed_all()

    for rival in rivals:
        assert rival.stdout is not None
        rival.stdout.close()
    assert [rival.returncode for rival in rivals] == [0, 0]
    assert len({str(head) for head in heads}) > 3
    acknowledged = [one for future in futures for one in future.result()]
    assert len(acknowledged) > 500
    _check(tenants, acknowledged, heads)
