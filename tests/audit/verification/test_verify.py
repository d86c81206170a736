"""Verifying a log: it holds, or the first entry that does not is named with why."""

import json
import re
from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from audit.log import checkpoints, note, sequencer, services
from audit.log.models import AuditFacet
from audit.log.owners import Owner
from audit.log.selectors import Log, log_of
from audit.verification import selectors
from audit.verification.flaws import Finding, Flaw
from audit.verification.services import request, verify, work_due
from audit.verification.walk import walk
from kit import scoping
from kit.actor import Actor
from kit.permissions import PermissionDenied
from tests.audit.conftest import AT, MARA, Tenant, publish_anything

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]


@pytest.fixture
def log(halden: Tenant, seal: Sealing) -> Log:
    """A log of 300 entries, sealed in three rounds."""
    for count in (120, 150, 30):
        with scoping.organization(organization_id=halden.id):
            for _ in range(count):
                halden.record()
        seal()
    with scoping.organization(organization_id=halden.id):
        return log_of(organization_id=halden.id)


def _as_superuser(*statements: str) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        for statement in statements:
            cursor.execute(statement)


def _entry(index: int) -> str:
    return (
        "(select entry_id from audit_facet where index ="
        f" {index} and organization_id = (select max(organization_id) from audit_log))"
    )


def _finding(log: Log) -> Finding | None:
    return walk(log, using="sequencer").finding


def test_a_sound_log_holds(log: Log) -> None:
    result = walk(log, using="sequencer")

    assert (result.entries, result.finding) == (300, None)


def test_entries_that_wait_for_their_seal_are_no_flaw(log: Log, halden: Tenant) -> None:
    halden.record()

    assert _finding(log) is None


# What a superuser does, and what the walk says. Entries of one transaction follow each
# other, so a copy of entry 100 stands behind the last one of its transaction.
_TAMPERING = {
    "edits an entry": (
        "update audit_entry set leaf = 'x' where id = {7}",
        (Flaw.EDITED, 7),
    ),
    "deletes an entry": (
        "delete from audit_entry where id = {150}",
        (Flaw.MISSING, 150),
    ),
    "deletes the last entry": (
        "delete from audit_entry where id = {299}",
        (Flaw.MISSING, 299),
    ),
    "slips in an entry": (
        "insert into audit_entry (organization_id, epoch, xid, leaf) select"
        " organization_id, epoch, xid, leaf from audit_entry where id = {100}",
        (Flaw.ADDED, 120),
    ),
    "exchanges two entries": (
        "update audit_entry a set leaf = b.leaf from audit_entry b"
        " where (a.id, b.id) in (({5}, {6}), ({6}, {5}))",
        (Flaw.REORDERED, 5),
    ),
    "moves an entry by its transaction id": (
        "update audit_entry set xid = (select max(xid) from audit_entry)"
        " where id = {5}",
        (Flaw.MISSING, 5),
    ),
    "edits a head": (
        "update audit_block set note = replace(note, '120', '121') where first = 0",
        (Flaw.SIGNATURE, 0),
    ),
    "edits a root": (
        "update audit_block set root = 'x' where first = 120",
        (Flaw.REWRITTEN, 120),
    ),
    "edits the hashes of a block": (
        "update audit_block set hashes = 'x' where first = 0",
        (Flaw.REWRITTEN, 0),
    ),
    "deletes a block": (
        "delete from audit_block where first = 120",
        (Flaw.MISSING, 120),
    ),
    "deletes the last block": (
        "delete from audit_block where first = 270",
        (Flaw.TRUNCATED, 270),
    ),
    "cuts entries, blocks and facets alike": (
        "delete from audit_entry where id >= {270};"
        "delete from audit_block where first >= 270;"
        "delete from audit_facet where index >= 270",
        (Flaw.TRUNCATED, 270),
    ),
    "empties the log": (
        "delete from audit_entry; delete from audit_block; delete from audit_facet",
        (Flaw.TRUNCATED, 0),
    ),
    "hides an entry from the list": (
        "delete from audit_facet where index = 42",
        (Flaw.HIDDEN, 42),
    ),
    "lets the list say another action": (
        "update audit_facet set action = 'audit.log.verified' where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say another outcome": (
        "update audit_facet set outcome = 'refused' where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say another time": (
        "update audit_facet set at = at - interval '1 microsecond' where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say another kind of actor": (
        "update audit_facet set actor_kind = 'system' where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say another actor": (
        "update audit_facet set actor = 'somebody else' where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say another kind of target": (
        "update audit_facet set target_kind = 'hold' where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say another target": (
        "update audit_facet set target_id = gen_random_uuid() where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say no target": (
        "update audit_facet set target_id = null where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list say a workspace": (
        "update audit_facet set workspace = gen_random_uuid() where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "lets the list show another entry": (
        "update audit_facet set entry_id = {43} where index = 42",
        (Flaw.MISLISTED, 42),
    ),
    "shows an entry twice": (
        "insert into audit_facet (organization_id, epoch, index, entry_id, at, action,"
        " outcome, actor_kind, actor, target_kind) select organization_id, epoch, 300,"
        " entry_id, at, action, outcome, actor_kind, actor, target_kind"
        " from audit_facet where index = 42",
        (Flaw.MISLISTED, 300),
    ),
    "shows an entry in an epoch of its own": (
        "insert into audit_facet (organization_id, epoch, index, entry_id, at, action,"
        " outcome, actor_kind, actor, target_kind) select organization_id, 7, 3,"
        " entry_id, at, action, outcome, actor_kind, actor, target_kind"
        " from audit_facet where index = 42",
        (Flaw.MISLISTED, 0),
    ),
    "edits a tile": (
        "update audit_tile set hashes = decode(repeat('00', 8192), 'hex')",
        (Flaw.REWRITTEN, 0),
    ),
    "edits the root of a tile": (
        "update audit_tile set root = decode(repeat('00', 32), 'hex')",
        (Flaw.REWRITTEN, 0),
    ),
    "deletes a tile": ("delete from audit_tile", (Flaw.REWRITTEN, 0)),
    "adds a tile": (
        "insert into audit_tile select organization_id, epoch, 1, 0, hashes, root"
        " from audit_tile",
        (Flaw.MISLISTED, 0),
    ),
    "moves the bound over an entry": (
        "update audit_sequencer set bound_xid = '999999999';"
        "insert into audit_entry (organization_id, epoch, xid, leaf) select"
        " organization_id, epoch, '999999998', leaf from audit_entry where id = {100}",
        (Flaw.UNSEALED, 300),
    ),
}


def test_what_a_superuser_changes_is_found_and_named(log: Log) -> None:
    found = {name: _tampered(log, text) for name, (text, _) in _TAMPERING.items()}

    assert found == {name: expected for name, (_, expected) in _TAMPERING.items()}


def _tampered(log: Log, text: str) -> tuple[Flaw, int] | None:
    """Tries one change inside a transaction that is rolled back."""
    text = re.sub(r"\{(\d+)\}", lambda match: _entry(int(match[1])), text)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        for statement in text.split(";"):
            cursor.execute(statement)
        finding = walk(log, using="owner").finding
        transaction.set_rollback(True, using="owner")
    return (finding.flaw, finding.index) if finding else None


def test_a_past_rewritten_and_signed_anew_with_the_real_key_is_forked(
    log: Log, seal: Sealing
) -> None:
    published = checkpoints.published(log.uuid)
    assert published is not None
    _as_superuser(
        f"update audit_entry set leaf = 'x' where id = {_entry(7)}",
        "delete from audit_block",
        "delete from audit_tile",
        "delete from audit_facet",
        "update audit_sequencer set bound_xid = '0', bound_id = 0",
    )
    _path(log).unlink()
    seal()
    publish_anything(log.uuid, published)

    assert _finding(log) == Finding(flaw=Flaw.FORKED, epoch=1, index=0)


def test_a_head_published_by_a_stranger_is_refused(log: Log) -> None:
    head = note.Checkpoint(origin=log.named(1), size=300, root=b"\x01" * 32)
    stranger = sequencer.SigningKey(b"\x07" * 32)
    publish_anything(log.uuid, note.signed(head, key=stranger))

    assert _finding(log) == Finding(flaw=Flaw.SIGNATURE, epoch=1, index=0)


def test_odd_entries_and_erased_people_are_no_flaw(
    halden: Tenant, seal: Sealing
) -> None:
    _write_oddly(halden)
    halden.record()
    halden.record(workspace=UUID(int=7))
    halden.record(actor=Actor.system("sweeper"))
    seal()
    with connections["sweeper"].cursor() as cursor:
        cursor.execute("delete from audit_detail where entry_id % 2 = 0")
        cursor.execute(
            "update audit_facet f set actor = '' where not exists (select"
            " from audit_detail d where d.entry_id = f.entry_id and d.part = 'actor')"
            " and actor_kind = 'user'"
        )
    with scoping.organization(organization_id=halden.id):
        log = log_of(organization_id=halden.id)

    assert _finding(log) is None
    with scoping.organization(organization_id=halden.id):
        assert walk(log, using="default").finding is None


# Whatever the app role could write by hand, as bytes of a leaf.
_ODD = (
    b"",
    b"no entry",
    b"\x00\xff",
    b"[" * 30_000,
    b'{"a":' * 700,
    b'{"a":' * 700 + b"1" + b"}" * 700,
    b'{"a":1e999999}',
    b'{"action":5,"time":"2026-11-23T09:15:07.000000Z"}',
    b'{"time":"2026-11-23T10:15:07+01:00","action":"x","outcome":"success",'
    b'"actor_kind":"user","target_kind":"y",'
    b'"target_id":"00000000-0000-0000-0000-000000000009"}',
)


def _write_oddly(tenant: Tenant) -> None:
    with (
        scoping.organization(organization_id=tenant.id),
        connections["default"].cursor() as cursor,
    ):
        cursor.executemany(
            "insert into audit_entry (organization_id, leaf) values (%s, %s)",
            [(tenant.id, leaf) for leaf in _ODD],
        )


def test_what_is_listed_of_odd_entries_is_compared_too(
    halden: Tenant, seal: Sealing
) -> None:
    _write_oddly(halden)
    seal()
    with scoping.organization(organization_id=halden.id):
        log = log_of(organization_id=halden.id)
    _as_superuser("update audit_facet set action = 'x' where index = 3")

    assert _finding(log) == Finding(flaw=Flaw.MISLISTED, epoch=1, index=3)


def test_a_long_log_is_compared_in_batches(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.verification.derived.LISTED", 100)
    monkeypatch.setattr("audit.verification.derived._TILES", 1)
    assert _finding(log) is None

    _as_superuser("update audit_facet set outcome = 'error' where index = 290")

    assert _finding(log) == Finding(flaw=Flaw.MISLISTED, epoch=1, index=290)


def test_a_log_that_ends_with_a_batch_holds(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.verification.derived.LISTED", 270)
    assert _finding(log) is None

    monkeypatch.setattr("audit.verification.derived.LISTED", 300)
    assert _finding(log) is None


def test_an_entry_put_back_makes_the_log_hold_again(log: Log) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"select leaf from audit_entry where id = {_entry(7)}")
        before = bytes(cursor.fetchone()[0]).hex()
    _as_superuser(f"update audit_entry set leaf = 'x' where id = {_entry(7)}")
    assert _finding(log) is not None

    _as_superuser(
        f"update audit_entry set leaf = decode('{before}', 'hex')"
        f" where id = {_entry(7)}"
    )

    assert _finding(log) is None


def test_pressing_verify_keeps_and_records_the_result(
    log: Log, halden: Tenant, seal: Sealing
) -> None:
    with scoping.organization(organization_id=halden.id):
        row = request(actor=MARA, log=log, at=AT)

    assert (row.is_sound, row.entries) == (True, 300)
    assert seal() == 1
    with scoping.organization(organization_id=halden.id):
        newest = selectors.newest_ended()
    assert newest == row


def test_a_break_is_recorded_as_one(log: Log, halden: Tenant, seal: Sealing) -> None:
    _as_superuser(f"update audit_entry set leaf = 'x' where id = {_entry(7)}")

    with scoping.organization(organization_id=halden.id):
        row = verify(actor=MARA, log=log, at=AT)

    assert (row.is_sound, row.finding, row.first_bad_index) == (False, "edited", 7)
    seal()
    with scoping.organization(organization_id=halden.id):
        assert AuditFacet.objects.get(index=300).outcome == "error"


def test_a_long_log_is_left_to_a_worker(
    log: Log, halden: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.verification.services.AT_ONCE", 10)
    monkeypatch.setattr("audit.verification.walk._TELL_EVERY", 100)
    with scoping.organization(organization_id=halden.id):
        waiting = request(actor=MARA, log=log, at=AT)
        again = request(actor=MARA, log=log, at=AT)
    assert waiting.state == "due"
    assert again == waiting

    assert [work_due(clock=lambda: AT) for _ in range(2)] == [1, 0]

    with scoping.organization(organization_id=halden.id):
        ended = selectors.newest_ended()
    assert ended is not None
    assert (ended.pk, ended.is_sound, ended.checked) == (waiting.pk, True, 300)


def test_whoever_died_over_one_is_followed_after_the_lease(
    log: Log, halden: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.verification.services.AT_ONCE", 10)
    with scoping.organization(organization_id=halden.id):
        waiting = request(actor=MARA, log=log, at=AT)
    with monkeypatch.context() as dying:
        dying.setattr("audit.verification.services.walk", _dies)
        with pytest.raises(KeyboardInterrupt):
            work_due(clock=lambda: AT)

    assert work_due(clock=lambda: AT) == 0
    _as_superuser("update audit_verification set leased_until = now() - interval '1 s'")
    assert work_due(clock=lambda: AT) == 1
    with scoping.organization(organization_id=halden.id):
        ended = selectors.newest_ended()
    assert ended is not None
    assert (ended.pk, ended.is_sound, ended.leased_until) == (waiting.pk, True, None)


def test_a_worker_that_lost_its_lease_says_nothing_twice(
    log: Log, halden: Tenant, seal: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.verification.services.AT_ONCE", 10)
    with scoping.organization(organization_id=halden.id):
        request(actor=MARA, log=log, at=AT)

    def stalls(*args: Any, **given: Any) -> Any:
        monkeypatch.setattr("audit.verification.services.walk", walk)
        _as_superuser(
            "update audit_verification set leased_until = now() - '1 s'::interval"
        )
        assert work_due(clock=lambda: AT) == 1
        return walk(*args, **given)

    monkeypatch.setattr("audit.verification.services.walk", stalls)
    work_due(clock=lambda: AT)

    seal()
    with scoping.organization(organization_id=halden.id):
        verified = AuditFacet.objects.filter(action="audit.log.verified")
        assert verified.count() == 1


def _dies(*_args: object, **_kwargs: object) -> None:
    raise KeyboardInterrupt


def test_without_the_permission_it_is_refused(log: Log, halden: Tenant) -> None:
    nobody = Actor(kind=MARA.kind, id=MARA.id, label=MARA.label)

    with (
        pytest.raises(PermissionDenied),
        scoping.organization(organization_id=halden.id),
    ):
        request(actor=nobody, log=log, at=AT)


def test_an_entry_is_under_a_head_once_it_is_sealed(
    halden: Tenant, seal: Sealing
) -> None:
    entry = halden.record()

    assert not _is_sealed(halden, entry)
    seal()
    assert _is_sealed(halden, entry)


def test_verify_audit_says_that_all_logs_hold(log: Log) -> None:
    services.open_site_log(at=AT)

    assert _command() == {"entries": 300, "verified": True, "first_bad_index": None}
    assert _command("--organization", "halden")["verified"] is True


def test_verify_audit_ends_with_1_on_a_break(log: Log) -> None:
    _as_superuser(f"update audit_entry set leaf = 'x' where id = {_entry(7)}")
    out = StringIO()

    with pytest.raises(SystemExit, match="1"):
        call_command("verify_audit", "--json", stdout=out)

    found = json.loads(out.getvalue())
    assert (found["verified"], found["first_bad_index"]) == (False, 7)
    assert (found["finding"], found["log"]) == ("edited", log.named(1))


def _without(tenant: Tenant) -> None:
    """Deletes a log's row and nothing else, as a superuser would."""
    _as_superuser(f"delete from audit_log where organization_id = {tenant.id}")


def _lost() -> dict[str, Any]:
    out = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_audit", "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_log_that_vanished_is_missed(log: Log, halden: Tenant) -> None:
    _without(halden)

    found = _lost()

    assert (found["verified"], found["finding"]) == (False, "lost")
    assert found["lost"] == [
        f"checkpoints of {log.uuid}",
        f"entries of organization {halden.id}",
    ]


def test_an_organization_without_a_log_is_missed(
    halden: Tenant, seal: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Owner(organization_id=halden.id, slug="halden")
    monkeypatch.setattr("audit.log.owners._known", [lambda: [owner]])
    _command()
    _without(halden)

    assert "organization halden" in _lost()["lost"]


def _command(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("verify_audit", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def _is_sealed(tenant: Tenant, entry_id: int) -> bool:
    with scoping.organization(organization_id=tenant.id):
        return selectors.sealed_through(organization_id=tenant.id, entry_id=entry_id)


def _path(log: Log) -> Any:
    return checkpoints._file(log.uuid)
