"""A worker makes what was asked for; killed, another one does; old files go."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.db import IntegrityError, connection, transaction

from audit.explorer.selectors import Shown
from audit.exports import files, services
from audit.exports.models import AuditExport, Form, State
from audit.exports.services import TooManyExports, making
from audit.formats.reading import entries_after
from audit.log.epochs import open_epoch
from audit.log.selectors import log_of
from audit.query import rules
from audit.verification import verifier
from kit import scoping
from kit.blobs import BlobMissing, store
from kit.sealing import CannotOpen
from tests.audit.conftest import AT, Tenant
from tests.audit.exports.conftest import HERE, THERE, again, asked, content, made

pytestmark = pytest.mark.django_db(transaction=True)

Seal = Callable[[], int]


def _acts(tenant: Tenant, *, beginning: str = "audit.") -> list[str]:
    with scoping.organization(organization_id=tenant.id):
        found: list[Shown] = entries_after(
            log=log_of(organization_id=tenant.id),
            query=rules.parse(""),
            after=None,
            size=1_000,
        )
    actions = [one.leaf.action for one in found if one.leaf]
    return [one for one in actions if one.startswith(beginning)]


def test_json_lines_hold_every_sealed_entry_in_its_order(
    halden: Tenant, brightwater: Tenant, seal: Seal
) -> None:
    for number in range(3):
        halden.record(reason=f"reason {number}")
    brightwater.record(reason="brightwater only")
    seal()
    open_epoch()
    halden.record()
    seal()

    written = made(row := asked(halden))

    events = [json.loads(line) for line in written.splitlines()]
    places = [(one["log"]["epoch"], one["log"]["index"]) for one in events]
    assert places == [(1, 0), (1, 1), (1, 2), (2, 0)]
    assert events[1]["reason"] == "reason 1"
    assert b"brightwater" not in written
    done = again(row)
    assert (done.state, done.done, done.total) == (State.DONE, 4, 4)
    assert done.byte_count == len(written)


def test_a_query_narrows_and_counts_back_from_the_asking(
    halden: Tenant, seal: Seal
) -> None:
    halden.record()
    halden.record("retention.hold.placed")
    seal()

    row = asked(halden, Form.OCSF, query="area:holds at>=-1h")
    written = made(row, at=AT + timedelta(days=3))

    events = [json.loads(line) for line in written.splitlines()]
    assert [one["metadata"]["event_code"] for one in events] == [
        "retention.hold.placed"
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"])
def test_no_cell_is_run_by_a_spreadsheet(halden: Tenant, seal: Seal, text: str) -> None:
    halden.record(reason=text)
    seal()

    written = made(asked(halden, Form.CSV)).decode()

    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert rows[0]["reason"] == f"'{text}"
    assert rows[0]["actor_label"] == "mara.lindqvist@halden.example"
    assert rows[0]["ip"] == "203.0.113.24"
    assert rows[0]["index"] == "0"


def test_the_evidence_of_a_log_is_verified_alone(
    halden: Tenant, seal: Seal, as_file: Callable[[bytes], Path]
) -> None:
    for _ in range(300):
        halden.record()
    seal()

    path = as_file(made(asked(halden, Form.EVIDENCE)))

    result = verifier.verified(path, {}, [])
    assert (result.kind, result.entries) == ("log", 300)


def _two_workspaces(halden: Tenant, seal: Seal) -> None:
    for number in range(400):
        place = HERE if number % 3 == 0 else THERE
        halden.record(workspace=place, reason=f"{place} {number}")
    seal()
    open_epoch()
    halden.record(workspace=THERE)
    halden.record(workspace=HERE)
    seal()


def test_a_workspace_is_proven_and_nothing_of_the_others_is_shown(
    halden: Tenant, seal: Seal, as_file: Callable[[bytes], Path]
) -> None:
    _two_workspaces(halden, seal)

    path = as_file(made(asked(halden, Form.EVIDENCE, workspace=HERE)))

    result = verifier.verified(path, {}, [])
    assert (result.kind, result.entries) == ("proofs", 135)
    assert result.details > 135
    with ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert str(HERE).encode() in everything
    assert str(THERE).encode() not in everything


def _changed(path: Path, old: bytes, new: bytes, *, name: str) -> Path:
    with ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    members[name] = members[name].replace(old, new, 1)
    with ZipFile(path, "w") as archive:
        for one, written in members.items():
            archive.writestr(one, written)
    return path


def test_a_tampered_proof_names_its_entry(
    halden: Tenant, seal: Seal, as_file: Callable[[bytes], Path]
) -> None:
    _two_workspaces(halden, seal)
    written = made(asked(halden, Form.EVIDENCE, workspace=HERE))
    name = "1/entries.jsonl"

    path = _changed(as_file(written), b"success", b"refused", name=name)
    with pytest.raises(verifier.Refused, match="signed root") as refused:
        verifier.verified(path, {}, [])
    assert (refused.value.epoch, refused.value.index) == (1, 0)

    path = _changed(as_file(written), b'"index": 3,', b'"index": 4,', name=name)
    with pytest.raises(verifier.Refused, match="signed root") as refused:
        verifier.verified(path, {}, [])
    assert refused.value.index == 4

    other = str(THERE).encode()
    path = _changed(as_file(written), str(HERE).encode(), other, name="export.json")
    with pytest.raises(verifier.Refused, match="another workspace"):
        verifier.verified(path, {}, [])


def test_asking_making_and_the_end_are_recorded(halden: Tenant, seal: Seal) -> None:
    halden.record()
    seal()
    row = asked(halden)
    made(row)

    services.work_due(clock=lambda: AT + timedelta(days=8))
    seal()

    assert _acts(halden) == [
        "audit.export.requested",
        "audit.export.completed",
        "audit.export.expired",
    ]
    assert again(row).state == State.EXPIRED


def test_an_expired_file_is_gone_from_the_store(halden: Tenant, seal: Seal) -> None:
    halden.record()
    seal()
    row = asked(halden)
    made(row)
    blob = again(row).blob_id
    assert blob is not None

    services.work_due(clock=lambda: AT + timedelta(days=8))

    with pytest.raises(BlobMissing):
        store().open(blob)


def test_the_file_is_sealed_at_rest_and_bound_to_its_export(
    halden: Tenant, seal: Seal
) -> None:
    halden.record(reason="a secret reason")
    seal()
    row, other = asked(halden), asked(halden)
    made(row)

    blob, moved = again(row).blob_id, again(other).blob_id
    assert blob
    assert moved
    assert b"secret" not in b"".join(store().open(blob))
    store().put(moved, list(store().open(blob)))
    with pytest.raises(CannotOpen):
        content(other)


def test_a_killed_worker_is_followed_by_another_one(
    halden: Tenant, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL runs no handler: what is left is a running row with an old lease."""
    halden.record()
    seal()
    row = asked(halden)

    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patched:
        patched.setattr(making, "_finish", killed)
        with pytest.raises(SystemExit):
            services.work_due(clock=lambda: AT)
    assert again(row).state == State.RUNNING
    services.work_due(clock=lambda: AT)
    assert again(row).state == State.RUNNING, "its lease holds"
    with scoping.organization(organization_id=halden.id):
        AuditExport.objects.update(leased_until=AT - timedelta(days=900))

    made(row)

    done = again(row)
    assert (done.state, done.fence) == (State.DONE, 2)


def test_a_worker_that_lost_its_lease_writes_nothing(
    halden: Tenant, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    halden.record()
    seal()
    row = asked(halden)
    keep = files.keep

    def overtaken(*args: Any, **given: Any) -> None:
        keep(*args, **given)
        with scoping.organization(organization_id=halden.id):
            AuditExport.objects.update(fence=7)

    monkeypatch.setattr(files, "keep", overtaken)
    services.work_due(clock=lambda: AT)

    left = again(row)
    assert (left.state, left.blob_id) == (State.RUNNING, None)


def test_a_failure_is_shown_and_recorded(
    halden: Tenant, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = asked(halden)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("full")

    monkeypatch.setattr(files, "keep", fail)
    services.work_due(clock=lambda: AT)
    seal()

    assert again(row).state == State.FAILED
    assert _acts(halden)[-1] == "audit.export.completed"


def test_no_more_than_five_wait_at_a_time(halden: Tenant) -> None:
    for _ in range(5):
        asked(halden)

    with pytest.raises(TooManyExports):
        asked(halden)


BROKEN = [
    ("state = 'asleep'", "audit_export_(state_known|ended_with_its_state)"),
    ("form = 'pdf'", "audit_export_form_known"),
    ("leased_until = now()", "audit_export_leased_while_running"),
    ("ended_at = now()", "audit_export_ended_with_its_state"),
    ("blob_id = gen_random_uuid()", "audit_export_file_while_done"),
]


@pytest.mark.parametrize(("change", "constraint"), BROKEN)
def test_the_database_refuses(halden: Tenant, change: str, constraint: str) -> None:
    asked(halden)

    with (
        pytest.raises(IntegrityError, match=constraint),
        scoping.organization(organization_id=halden.id),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"update audit_export set {change}")


def test_another_organization_sees_no_row(halden: Tenant, brightwater: Tenant) -> None:
    asked(halden)

    with (
        scoping.organization(organization_id=brightwater.id),
        connection.cursor() as cursor,
    ):
        cursor.execute("select count(*) from audit_export")
        assert cursor.fetchone() == (0,)
