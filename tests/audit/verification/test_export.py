"""The export of a log is verified with nothing but its own files and the standard."""

import base64
import errno
import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import IO
from zipfile import ZipFile

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.log import tiles, tree
from audit.log.epochs import open_epoch
from audit.log.models import AuditFacet
from audit.verification import services
from kit import scoping
from tests.audit.conftest import MARA, Tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def exported(halden: Tenant, seal: Callable[[], int], tmp_path: Path) -> ZipFile:
    for number in range(300):
        halden.record(reason=f"reason {number}")
        if number in (3, 200):
            seal()
    seal()
    call_command(
        "export_audit",
        "--organization=halden",
        f"--out={tmp_path / 'log.zip'}",
        "--json",
    )
    return ZipFile(tmp_path / "log.zip")


def _leaves(archive: ZipFile) -> list[bytes]:
    bundles = [
        archive.read(f"1/{name}")
        for name in ("tile/entries/000", "tile/entries/001.p/44")
    ]
    return [leaf for bundle in bundles for leaf in tiles.unbundled(bundle)]


def test_entries_lead_to_the_signed_root(exported: ZipFile) -> None:
    _origin, size, root = exported.read("1/checkpoint").decode().split("\n")[:3]

    leaves = _leaves(exported)

    assert len(leaves) == int(size) == 300
    hashes = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    assert base64.b64encode(tree.root_of(hashes)).decode() == root


def test_the_head_is_signed_by_the_key_of_the_export(exported: ZipFile) -> None:
    vkey = exported.read("vkeys").decode().strip()
    text, _gap, signature = exported.read("1/checkpoint").decode().rpartition("\n\n")
    public = base64.b64decode(vkey.split("+", 2)[2])[1:]
    signed = base64.b64decode(signature.split(" ")[2])[4:]

    Ed25519PublicKey.from_public_bytes(public).verify(signed, f"{text}\n".encode())


def test_a_later_epoch_says_how_the_one_before_ended(
    halden: Tenant, seal: Callable[[], int], tmp_path: Path
) -> None:
    for count in (3, 2):
        for _ in range(count):
            halden.record()
        seal()
        open_epoch()
    file = tmp_path / "log.zip"

    call_command("export_audit", "--organization=halden", f"--out={file}", "--json")

    with ZipFile(file) as archive:
        earlier, later = (
            archive.read(f"{epoch}/checkpoint").decode().split("\n") for epoch in (1, 2)
        )
        leaves = list(tiles.unbundled(archive.read("1/tile/entries/000.p/3")))
        vkeys = archive.read("vkeys").decode().splitlines()
    assert later[3].split(" ") == ["previous", "1", *earlier[1:3]]
    root = tree.root_of(map(tree.leaf_hash, leaves))
    assert base64.b64encode(root).decode() == later[3].split(" ")[3]
    assert [vkey.partition("+")[0] for vkey in vkeys] == [earlier[0], later[0]]


def test_tiles_are_the_hashes_of_the_entries(exported: ZipFile) -> None:
    hashes = [tree.leaf_hash(leaf) for leaf in _leaves(exported)]

    assert exported.read("1/tile/0/000") == b"".join(hashes[:256])
    assert exported.read("1/tile/0/001.p/44") == b"".join(hashes[256:])
    assert exported.read("1/tile/1/000.p/1") == tree.root_of(hashes[:256])


def test_opened_details_match_the_commitments(exported: ZipFile) -> None:
    leaves = _leaves(exported)
    lines = exported.read("1/details.jsonl").decode().splitlines()

    assert len(lines) == 300
    for line in map(json.loads, lines):
        commit = json.loads(leaves[line["index"]])["commit"]
        for name, opened in line["details"].items():
            message = b"custos.audit.commitment.v1\x00" + name.encode() + b"\x00"
            message += rfc8785.dumps(opened["value"])
            salt = base64.b64decode(opened["salt"])
            made = hmac.digest(salt, message, "sha256")
            assert base64.b64encode(made).decode() == commit[name]
    assert json.loads(lines[7])["details"]["actor_label"]["value"] == MARA.label
    assert json.loads(lines[7])["details"]["reason"]["value"] == "reason 7"


def test_the_export_says_how_to_verify_it(exported: ZipFile) -> None:
    readme = exported.read("README").decode()

    assert "golang.org/x/mod/sumdb" in readme
    assert "{" not in readme


def test_another_organization_is_not_in_the_export(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int], tmp_path: Path
) -> None:
    halden.record()
    brightwater.record(reason="brightwater only")
    seal()

    file = tmp_path / "log.zip"
    call_command("export_audit", "--organization=halden", f"--out={file}", "--json")

    with ZipFile(file) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert str(halden.uuid).encode() in everything
    assert str(brightwater.uuid).encode() not in everything
    assert b"brightwater" not in everything


def test_the_export_is_recorded(
    exported: ZipFile, halden: Tenant, seal: Callable[[], int]
) -> None:
    seal()
    with scoping.organization(organization_id=halden.id):
        assert AuditFacet.objects.get(index=300).action == "audit.log.exported"


def test_an_unknown_organization_is_refused(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no organization"):
        call_command("export_audit", "--organization=nobody", f"--out={tmp_path}/x")


def test_a_folder_that_is_not_there_is_one_sentence(
    halden: Tenant, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        call_command("export_audit", "--organization=halden", f"--out={tmp_path}/a/b")
    with pytest.raises(CommandError, match="it is a folder"):
        call_command("export_audit", "--organization=halden", f"--out={tmp_path}")


def test_a_failed_export_leaves_the_earlier_one_as_it_was(
    halden: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log.zip"
    file.write_bytes(b"last month's")

    def fail(_log: object, *, file: IO[bytes], **_: object) -> None:
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(services.bundle, "write", fail)
    with pytest.raises(CommandError, match="No space left"):
        call_command("export_audit", "--organization=halden", f"--out={file}")

    assert file.read_bytes() == b"last month's"
    assert [path.name for path in tmp_path.iterdir()] == ["log.zip"]


def test_an_export_is_for_its_owner_alone(exported: ZipFile) -> None:
    assert Path(exported.filename or "").stat().st_mode & 0o077 == 0
