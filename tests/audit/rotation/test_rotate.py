"""Exchanging the key: both sign one head of each log, and both periods verify."""

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from audit.log import checkpoints, keys, note, sequencer, storage
from audit.log.models import AuditFacet
from audit.log.selectors import Log, log_of
from audit.rotation import services
from audit.verification import verifier
from audit.verification.flaws import Finding, Flaw
from audit.verification.walk import walk
from kit import scoping, signing
from kit.actor import Actor
from kit.permissions import PermissionDenied
from kit.signing import SigningKey
from tests.audit.conftest import AT, MARA, Tenant, publish_anything

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]
OPERATOR = Actor.operator()


@pytest.fixture(autouse=True)
def _key_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.CUSTOS_LOG_KEY_FILE = tmp_path / "keys" / "log"


def _log(tenant: Tenant) -> Log:
    with scoping.organization(organization_id=tenant.id):
        return log_of(organization_id=tenant.id)


def _rotate() -> services.Rotated:
    return services.rotate(actor=OPERATOR, reason="Yearly change", at=AT)


def _signers(log: Log, key: SigningKey) -> list[bool]:
    blocks = storage.blocks_from(
        organization_id=log.organization_id, epoch=1, first=0, using="sequencer"
    )
    return [keys.signed_by(one.note, key=key, origin=log.named(1)) for one in blocks]


def test_both_keys_sign_the_head_of_the_rotation(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    old = sequencer._key()

    done = _rotate()
    halden.record()
    seal()

    new, log = sequencer._key(), _log(halden)
    assert new.public == done.key.public != old.public
    assert _signers(log, old) == [True, True, False]
    assert _signers(log, new) == [False, True, True]
    assert walk(log, using="sequencer").finding is None


def test_each_log_names_the_new_key(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()

    done = _rotate()

    with scoping.organization(organization_id=halden.id):
        entry = AuditFacet.objects.get(action="audit.key.rotated")
        (found,) = storage.rows(
            "default", "select leaf from audit_entry where id = %s", entry.entry_id
        )
    assert json.loads(bytes(found[0]))["digests"] == {
        "public_key": done.key.public.hex()
    }


def test_old_and_new_signatures_stay_verifiable(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    before = checkpoints.published(halden.uuid)
    _rotate()
    after = checkpoints.published(halden.uuid)

    known = checkpoints.keys_of(halden.uuid)
    assert before is not None
    assert after is not None
    assert note.opened(before, keys=known).size == 1
    assert len(note.signers(after, keys=known)) == 2
    assert len(checkpoints.installation_keys()) == 2


def test_the_old_private_key_is_gone(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    _rotate()

    assert [file.name for file in keys._file().parent.iterdir()] == ["log"]


def test_the_old_key_signs_nothing_after_the_rotation(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    old = sequencer._key()
    _rotate()
    halden.record()
    seal()
    log = _log(halden)
    newest = storage.newest_blocks(ids=[halden.id], epoch=1, using="sequencer")[0]
    forged = note.signed(
        note.Checkpoint(origin=log.named(1), size=newest.end, root=newest.root),
        key=old,
    )
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "update audit_block set note = %s"
            " where organization_id = %s and first = %s",
            [forged, halden.id, newest.first],
        )

    assert walk(log, using="sequencer").finding == Finding(
        flaw=Flaw.SIGNATURE, epoch=1, index=newest.first
    )


@pytest.mark.parametrize("dies_in", ["_record", "_retire"])
def test_a_rotation_that_was_cut_off_goes_on(
    halden: Tenant, seal: Sealing, dies_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    halden.record()
    seal()
    old = sequencer._key()

    def die(*_args: object, **_given: object) -> None:
        raise OSError("the machine is gone")

    with monkeypatch.context() as patched:
        patched.setattr(services, dies_in, die)
        with pytest.raises(OSError, match="the machine"):
            _rotate()
    halden.record()
    seal()  # meanwhile life goes on

    done = _rotate()

    assert done.key.public != old.public
    assert len(checkpoints.installation_keys()) == 2
    assert keys.ring().previous is None
    assert walk(_log(halden), using="sequencer").finding is None


def test_a_key_prepared_before_a_crash_is_taken_up(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    prepared = keys.next_key()

    assert _rotate().key.public == prepared.public


def test_a_log_that_is_refused_is_cleared_up_first(
    halden: Tenant, seal: Sealing
) -> None:
    halden.record()
    seal()
    origin = _log(halden).named(1)
    ahead = note.Checkpoint(origin=origin, size=9, root=b"\x01" * 32)
    publish_anything(halden.uuid, note.signed(ahead, key=sequencer._key()))
    old = sequencer._key()

    with pytest.raises(services.CannotRotate, match="restored backup"):
        _rotate()

    assert sequencer._key().public == old.public


def test_a_stranger_changes_no_key(halden: Tenant) -> None:
    stranger = replace(MARA, permissions=frozenset())

    with pytest.raises(PermissionDenied):
        services.rotate(actor=stranger, reason="Mine", at=AT)


def test_the_command_tells_the_new_key(halden: Tenant, seal: Sealing) -> None:
    halden.record()
    seal()
    out = StringIO()

    call_command("rotate_log_key", "--reason", "Yearly", "--json", stdout=out)

    told = json.loads(out.getvalue())
    assert told["logs"] == 2
    assert signing.VerifierKey.parse(told["key"]) == checkpoints.installation_keys()[-1]
    with pytest.raises(CommandError, match="Say why"):
        call_command("rotate_log_key", "--reason", " ", stdout=StringIO())


def _exported(tmp_path: Path) -> Path:
    file = tmp_path / "log.zip"
    call_command("export_audit", "--organization=halden", f"--out={file}", "--json")
    return file


def _vkeys(key: SigningKey, tenant: Tenant) -> verifier.Keys:
    return verifier.keys_of(key.named(_log(tenant).named(1)).vkey)


def test_who_has_the_old_key_gets_to_the_new_one_by_the_export_alone(
    halden: Tenant, seal: Sealing, tmp_path: Path
) -> None:
    halden.record()
    seal()
    first = _vkeys(sequencer._key(), halden)
    _rotate()
    _rotate()
    halden.record()
    seal()

    found = verifier.verified(_exported(tmp_path), first, [])

    assert found.entries == 4


def test_a_second_signature_below_a_head_makes_no_key_trusted(
    halden: Tenant, seal: Sealing, tmp_path: Path
) -> None:
    """Anybody can put theirs there: only an entry under the old key names a new one."""
    halden.record()
    seal()
    first = _vkeys(sequencer._key(), halden)
    _rotate()
    halden.record()
    seal()
    with ZipFile(_exported(tmp_path)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    origin = _log(halden).named(1)
    stranger = SigningKey(b"\x07" * 32)
    head = note.Checkpoint(origin=origin, size=0, root=verifier.EMPTY_ROOT)
    forged = note.signed(head, key=stranger)
    members["1/checkpoint"] = forged.encode()
    members["vkeys"] += f"{stranger.named(origin).vkey}\n".encode()
    name = "rotation-0.tlog-proof"
    text, _gap, _lines = members[name].decode().partition("\n\n")[2].rpartition("\n\n")
    size, root = text.split("\n")[1:3]
    over = note.Checkpoint(origin=origin, size=int(size), root=b64decode(root))
    line = note.signed(over, key=stranger).rpartition("\n\n")[2]
    members[name] += line.encode()
    with ZipFile(tmp_path / "forged.zip", "w") as archive:
        for one, content in members.items():
            archive.writestr(one, content)

    with pytest.raises(verifier.Refused, match="no trusted key"):
        verifier.verified(tmp_path / "forged.zip", first, [])
