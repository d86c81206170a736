"""The main job on 463,284 real messages: beat, workers and the database do the rest.

Nothing here calls the engine. People set a policy and place a hold; the processes of
the product do what is due, and are killed with SIGKILL while they do.
"""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import redis
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from config.launcher import site, wheels
from config.launcher.cluster import ADMIN
from config.launcher.surroundings import BASE_DIR
from kit import clock, scoping, vault
from retention.holds import services as holds
from retention.policies import services as policies
from retention.policies.previews import Preview, preview
from retention.receipts import documents
from retention.receipts import selectors as receipts
from retention.sweeps.models import Doom, Sweep, SweepSlice, SweepState
from tests import cast
from tests.harness import servers, stand
from workspaces.content import selectors as content
from workspaces.content.formats.registry import Format
from workspaces.content.models import Conversation
from workspaces.content.rules import Spread
from workspaces.content.services import ImportOptions, import_conversations
from workspaces.content.storage import Seals
from workspaces.members.services import membership
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = [pytest.mark.slow, pytest.mark.allowed_skip]

SPREAD_DAYS = 400
KEEP_DAYS = 280  # of dates spread evenly over 400 days, 30 % are older
MEMBERS = [f"member-{number:02}@halden.example" for number in range(20)]
PATIENCE = 420
SAMPLE = 50  # conversations of which every text is compared


@pytest.fixture
def workspace(transactional_db: None) -> WorkspaceRef:
    made = cast.workspace()
    tenancy.set_policy_grace(
        actor=cast.OPERATOR, workspace=made, hours=0, at=clock.now()
    )
    for email in MEMBERS:
        membership.add(
            actor=cast.OPERATOR,
            workspace=made,
            email=email,
            role="member",
            at=clock.now(),
        )
    return made


@pytest.fixture
def processes(valkey: redis.Redis, tmp_path: Path) -> Iterator[Callable[[str], int]]:
    """Starts a process of the product and gives its number; all end with the test."""
    kinds = {
        "beat": site.beat(),
        "sequencer": site.worker("seal", site.SEQUENCER_QUEUES, "--pool=solo"),
        "worker": site.worker("due", site.WORKER_QUEUES, "--concurrency=1"),
    }
    with ExitStack() as started:

        def start(kind: str) -> int:
            process = started.enter_context(
                servers.running(
                    [sys.executable, "-m", *kinds[kind]],
                    log=tmp_path / f"{kind}.log",
                    environment=os.environ | {"PYTHONPATH": str(BASE_DIR)},
                    is_ready=lambda: True,
                )
            )
            return process.pid

        yield start


def test_what_the_preview_listed_is_purged_and_what_is_held_stays(
    workspace: WorkspaceRef,
    processes: Callable[[str], int],
    shared_data: Path,
    tmp_path: Path,
) -> None:
    _import(workspace, shared_data)
    hold_on = _place_hold(workspace)
    shown = _apply_policy(workspace)
    due, held = _due_and_held(workspace, hold_on)
    source = _texts_of(workspace, shared_data, due | held)
    dump = _dump(tmp_path)

    for kind in ("sequencer", "beat"):
        processes(kind)
    _kill_when(processes("worker"), lambda: _is_half_purged(workspace))
    _kill_when(processes("worker"), lambda: _is_destroying(workspace))
    processes("worker")
    sweep = _closed(workspace)

    # 30 % were due; exactly those that the preview listed went, none that was held.
    assert len(due) == shown.conversations == sweep.purged_n
    assert len(due) + len(held) == pytest.approx(22_825 * 0.3, rel=0.05)
    assert len(held) == shown.held
    assert sweep.planned_n == sweep.purged_n
    assert sweep.held_n == len(held)
    assert sweep.failed_n == 0
    with _scope(workspace):
        stored = set(Conversation.objects.values_list("public_id", flat=True))
        assert stored.isdisjoint(due)
        assert held <= stored
        assert Doom.objects.filter(destroyed_at__isnull=True).count() == 0
        receipt = receipts.receipt_of(sweep_id=sweep.pk)
    assert receipt is not None
    file = receipts.signed(receipt).file
    assert documents.verified(file, vkey=receipt.verifier_key)
    _assert_log_is_whole(workspace, due)
    _assert_held_is_readable(workspace, held, source)
    _assert_dump_is_unreadable(dump, workspace, due=due, held=held)
    _assert_dump_holds_no_text(dump, [source[one] for one in sorted(due)[:SAMPLE]])


def _import(workspace: WorkspaceRef, shared_data: Path) -> None:
    at = clock.now()
    result = import_conversations(
        actor=cast.OPERATOR,
        workspace=workspace,
        files=[shared_data / "sgd-dialogues.jsonl.gz"],
        at=at,
        options=ImportOptions(
            form=Format.JSONL,
            assign_owners=tuple(MEMBERS),
            spread=Spread(first=at - timedelta(days=SPREAD_DAYS), last=at),
        ),
    )
    assert (result.conversations, result.messages) == (22_825, 463_284)
    with _scope(workspace):
        assert content.imported().count() == 22_825


def _place_hold(workspace: WorkspaceRef) -> int:
    with _scope(workspace):
        member = cast.Membership.objects.get(email=MEMBERS[3])
    holds.place(
        actor=cast.OPERATOR,
        workspace=workspace,
        matter="Brennan v. Halden",
        membership_ids=[member.pk],
        at=clock.now(),
    )
    return member.pk


def _apply_policy(workspace: WorkspaceRef) -> Preview:
    at = clock.now()
    with _scope(workspace):
        shown = preview(workspace=workspace, days=KEEP_DAYS, undo_days=0, at=at)
    policies.set_policy(
        actor=cast.OPERATOR, workspace=workspace, days=KEEP_DAYS, undo_days=0, at=at
    )
    return shown


def _due_and_held(workspace: WorkspaceRef, hold_on: int) -> tuple[set, set]:
    """By arithmetic of this test alone, not by the product's condition."""
    before = clock.now() - timedelta(days=KEEP_DAYS)
    with _scope(workspace):
        old = Conversation.objects.filter(last_activity_at__lte=before)
        due = set(old.exclude(owner_id=hold_on).values_list("public_id", flat=True))
        held = set(old.filter(owner_id=hold_on).values_list("public_id", flat=True))
    return due, held


def _kill_when(pid: int, is_so: Callable[[], bool]) -> None:
    """Kills the worker, children too, exactly when it is so.

    It may only run between looks, so the moment can neither be missed nor pass.
    """

    def is_so_while_it_stands_still() -> bool:
        os.killpg(pid, signal.SIGSTOP)
        if is_so():
            return True
        os.killpg(pid, signal.SIGCONT)
        return False

    _until(is_so_while_it_stands_still)
    os.killpg(pid, signal.SIGKILL)


def _is_half_purged(workspace: WorkspaceRef) -> bool:
    with _scope(workspace):
        slices = SweepSlice.objects.filter(sweep__state=SweepState.PURGING)
        return (
            slices.filter(done_at__isnull=False).exists()
            and slices.filter(done_at__isnull=True).exists()
        )


def _is_destroying(workspace: WorkspaceRef) -> bool:
    """Whether keys are claimed of which nobody noted yet that they are gone."""
    with _scope(workspace):
        return SweepSlice.objects.filter(
            keys_claimed_at__isnull=False, keys_destroyed_at__isnull=True
        ).exists()


def _closed(workspace: WorkspaceRef) -> Sweep:
    _until(lambda: _sweep(workspace).state == SweepState.CLOSED)
    return _sweep(workspace)


def _sweep(workspace: WorkspaceRef) -> Sweep:
    with _scope(workspace):
        found = Sweep.objects.order_by("-id").first()
    return found or Sweep(state=SweepState.OPENED)


def _until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < ends, "the product took too long"
        time.sleep(0.005)


def _texts_of(
    workspace: WorkspaceRef, shared_data: Path, wanted: set
) -> dict[UUID, list[str]]:
    """What the source itself says in these conversations."""
    with _scope(workspace):
        named = dict(
            Conversation.objects.filter(public_id__in=wanted).values_list(
                "external_id", "public_id"
            )
        )
    found = {}
    with gzip.open(shared_data / "sgd-dialogues.jsonl.gz", "rt") as lines:
        for item in map(json.loads, lines):
            if item["id"] in named:
                texts = [message["text"] for message in item["messages"]]
                found[named[item["id"]]] = texts
    return found


def _assert_held_is_readable(
    workspace: WorkspaceRef, held: set, source: dict[UUID, list[str]]
) -> None:
    with _scope(workspace):
        for public_id in sorted(held)[:SAMPLE]:
            read = content.read(
                conversation=Conversation.objects.get(public_id=public_id),
                workspace=workspace.public_id,
            )
            assert [node.text for node in read.shown] == source[public_id]


def _assert_dump_holds_no_text(dump: Path, conversations: list[list[str]]) -> None:
    """Not even as the hexadecimal digits in which a dump writes bytes."""
    sentences = [max(texts, key=len).encode() for texts in conversations]
    needles = [form for one in sentences for form in (one, one.hex().encode())]
    program = wheels.postgres() / "pg_restore"
    with subprocess.Popen(
        [program, "--data-only", "-f", "-", dump], stdout=subprocess.PIPE
    ) as plain:
        assert plain.stdout
        tail = b""
        while block := plain.stdout.read(1 << 24):
            text = tail + block
            assert not any(needle in text for needle in needles)
            tail = text[-4096:]
    assert plain.returncode == 0


def _assert_log_is_whole(workspace: WorkspaceRef, due: set) -> None:
    _until(_everything_is_sealed)
    said = io.StringIO()
    call_command(
        "verify_audit",
        organization=workspace.organization.slug,
        json=True,
        stdout=said,
    )
    assert json.loads(said.getvalue())["verified"] is True
    with connections["sequencer"].cursor() as cursor:
        cursor.execute(
            "select convert_from(leaf, 'UTF8')::json ->> 'target_id' from audit_entry"
            " where convert_from(leaf, 'UTF8')::json ->> 'action'"
            " = 'retention.conversation.purged'"
        )
        recorded = [row[0] for row in cursor.fetchall()]
    assert sorted(recorded) == sorted(str(public_id) for public_id in due)


def _everything_is_sealed() -> bool:
    with connections["sequencer"].cursor() as cursor:
        cursor.execute(
            "select not exists (select from audit_sequencer s, audit_entry e where"
            " (e.epoch, e.xid, e.id) > (s.bound_epoch, s.bound_xid, s.bound_id))"
        )
        return bool(cursor.fetchone()[0])


def _dump(folder: Path) -> Path:
    """The content database as a backup would keep it, before anything is purged."""
    path = folder / "content.dump"
    url = stand.of_this_run().url(connection.settings_dict["NAME"])
    admin = url.replace("//", f"//{ADMIN}:{stand.PASSWORD}@")
    program = wheels.postgres() / "pg_dump"
    subprocess.run([program, "-Fc", "-f", path, admin], check=True)
    return path


def _assert_dump_is_unreadable(
    dump: Path, workspace: WorkspaceRef, *, due: set, held: set
) -> None:
    with _Restored(dump) as restored:
        rows = restored.execute(
            "select public_id, key_id, title from workspaces_conversation"
            " where public_id = any(%s)",
            [list(due | held)],
        ).fetchall()
    assert len(rows) == len(due) + len(held)
    keys = vault.read_keys([key_id for _public_id, key_id, _title in rows])
    readable = {row[0] for row in rows if row[1] in keys}
    assert readable == held
    for public_id, key_id, title in rows:
        if public_id in held:
            seals = Seals(
                keys[key_id], workspace=workspace.public_id, conversation=public_id
            )
            assert isinstance(seals.open_title(bytes(title)), str)


class _Restored:
    """The dump in a database of its own, which goes afterwards."""

    def __init__(self, dump: Path) -> None:
        self._dump = dump
        self._name = f"restored_{stand.worker()}"
        url = stand.of_this_run().url("postgres")
        self._admin = url.replace("//", f"//{ADMIN}:{stand.PASSWORD}@")

    def __enter__(self) -> psycopg.Connection:
        self._run("create database {}")
        target = self._admin.rsplit("/", 1)[0] + f"/{self._name}"
        program = wheels.postgres() / "pg_restore"
        subprocess.run([program, "-d", target, self._dump], check=True)
        self._connection = psycopg.connect(target)
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._run("drop database {} with (force)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(sql.Identifier(self._name)))


def _scope(workspace: WorkspaceRef):
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
