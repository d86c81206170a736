"""The program that travels with an export verifies it alone, and says what fails."""

import base64
import json
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest
from django.core.management import call_command

from audit.log import note, tiles, tree
from audit.log.epochs import open_epoch
from audit.verification import verifier
from kit import signing
from kit.signing import SigningKey
from tests.audit.conftest import Tenant
from tests.audit.verification.conftest import GoVerifier

pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES = 600
LOST = 3


@pytest.fixture
def export(halden: Tenant, seal: Callable[[], int], tmp_path: Path) -> Path:
    """The evidence of a log of two epochs."""
    for number in range(ENTRIES):
        halden.record(reason=f"reason {number}")
    seal()
    open_epoch()
    for _ in range(LOST):
        halden.record()
    seal()
    return written(tmp_path / "log.zip")


def written(path: Path) -> Path:
    call_command("export_audit", "--organization=halden", f"--out={path}", "--json")
    return path


def told(*arguments: Any, code: int) -> dict[str, Any]:
    """What the program says, run with nothing of Custos on its path."""
    program = shutil.copy(verifier.__file__, Path(arguments[-1]).parent / "alone.py")
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, "--json", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == code, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def changed(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of an export with other members."""
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    copy = path.with_name("changed.zip")
    with ZipFile(copy, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return copy


def with_leaves(
    members: dict[str, bytes], change: Callable[[list[bytes]], None], *, number: int = 1
) -> None:
    name = f"1/tile/entries/{number:03d}"
    leaves = list(tiles.unbundled(members[name]))
    change(leaves)
    members[name] = tiles.bundle(leaves)


def test_an_export_is_verified_with_nothing_but_itself(export: Path) -> None:
    said = told(export, code=3)

    assert (said["verified"], said["trusted"]) == (True, False)
    assert said["entries"] == ENTRIES + LOST
    assert said["sizes"] == {"1": ENTRIES, "2": LOST}
    assert said["details"] > ENTRIES


def test_the_program_travels_in_the_export(export: Path) -> None:
    with ZipFile(export) as archive:
        assert archive.read("custos-verify.py") == Path(verifier.__file__).read_bytes()


def test_a_changed_bit_names_its_entry(export: Path) -> None:
    def flip(leaves: list[bytes]) -> None:
        leaves[44] = leaves[44].replace(b"success", b"refused")

    said = told(changed(export, lambda m: with_leaves(m, flip)), code=1)

    assert (said["epoch"], said["first_bad_index"]) == (1, 300)
    assert said["says"] == "the entry is not what was sealed"


def test_an_entry_that_is_left_out_or_moved_names_its_place(export: Path) -> None:
    def swap(leaves: list[bytes]) -> None:
        leaves[2], leaves[3] = leaves[3], leaves[2]

    gone = changed(export, lambda m: with_leaves(m, lambda one: one.pop(9) and None))
    assert told(gone, code=1)["first_bad_index"] == 265
    moved = changed(export, lambda m: with_leaves(m, swap))
    assert told(moved, code=1)["first_bad_index"] == 258


def test_entry_and_tile_changed_alike_do_not_lead_to_the_root(export: Path) -> None:
    def forge(members: dict[str, bytes]) -> None:
        def flip(leaves: list[bytes]) -> None:
            leaves[44] = leaves[44].replace(b"success", b"refused")

        with_leaves(members, flip)
        leaves = tiles.unbundled(members["1/tile/entries/001"])
        members["1/tile/0/001"] = b"".join(map(tree.leaf_hash, leaves))

    said = told(changed(export, forge), code=1)

    assert (said["epoch"], said["first_bad_index"]) == (1, 256)


def test_a_size_edited_in_the_checkpoint_breaks_its_signature(export: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        head = members["1/checkpoint"]
        members["1/checkpoint"] = head.replace(b"\n600\n", b"\n599\n")

    said = told(changed(export, edit), code=1)

    assert said["says"] == "the signature under the checkpoint is wrong"


def test_an_epoch_that_is_left_out_is_missed(export: Path) -> None:
    def drop(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.startswith("1/")]:
            del members[name]

    assert told(changed(export, drop), code=1)["says"] == "epoch 1 is left out"


def test_details_that_are_not_what_was_committed_name_their_entry(export: Path) -> None:
    def lie(members: dict[str, bytes]) -> None:
        details = members["1/details.jsonl"]
        members["1/details.jsonl"] = details.replace(b'"reason 7"', b'"reason 8"')

    said = told(changed(export, lie), code=1)

    assert said["first_bad_index"] == 7
    assert said["says"] == "reason is not what was committed to"


def test_a_log_rewritten_and_signed_with_the_real_key_contradicts_a_kept_head(
    halden: Tenant, seal: Callable[[], int], tmp_path: Path, settings: Any
) -> None:
    """The third and fourth case of tampering: only an earlier checkpoint tells."""
    for _ in range(5):
        halden.record()
    seal()
    kept = tmp_path / "kept"
    kept.write_text(_newest(settings, halden))
    for _ in range(4):
        halden.record()
    seal()
    export = written(tmp_path / "log.zip")
    assert told("--checkpoint", kept, export, code=3)["verified"]

    rewritten = changed(export, lambda m: _rewrite(m, settings, upto=9))
    assert told(rewritten, code=3)["verified"], "the key was the real one"
    said = told("--checkpoint", kept, rewritten, code=1)
    assert "before entry 5 is not the one that was kept" in said["says"]

    cut = changed(export, lambda m: _rewrite(m, settings, upto=4))
    said = told("--checkpoint", kept, cut, code=1)
    assert (said["says"], said["first_bad_index"]) == ("the log was cut off", 4)

    def pretend(members: dict[str, bytes]) -> None:
        _rewrite(members, settings, upto=9)
        members["export.json"] = json.dumps({"format": verifier.PROOFS}).encode()

    said = told("--checkpoint", kept, changed(export, pretend), code=1)
    assert "takes the evidence of the whole log" in said["says"]


def _newest(settings: Any, tenant: Tenant) -> str:
    return (Path(settings.CUSTOS_CHECKPOINT_DIR) / str(tenant.uuid)).read_text()


def _rewrite(members: dict[str, bytes], settings: Any, *, upto: int) -> None:
    """History forged by whoever holds the key: entry 1 changed, signed anew."""
    leaves = list(tiles.unbundled(members.pop("1/tile/entries/000.p/9")))[:upto]
    del members["1/tile/0/000.p/9"], members["1/details.jsonl"]
    leaves[1] = leaves[1].replace(b"success", b"refused")
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    key = signing.load(settings.CUSTOS_LOG_KEY_FILE)
    origin = members["1/checkpoint"].decode().partition("\n")[0]
    head = note.Checkpoint(origin=origin, size=upto, root=tree.root_of(hashes))
    members["1/checkpoint"] = note.signed(head, key=key).encode()
    members[f"1/tile/entries/000.p/{upto}"] = tiles.bundle(leaves)
    members[f"1/tile/0/000.p/{upto}"] = b"".join(hashes)


@pytest.mark.slow
@pytest.mark.allowed_skip
def test_the_packages_of_go_agree_about_what_holds_and_what_does_not(
    halden: Tenant,
    seal: Callable[[], int],
    tmp_path: Path,
    settings: Any,
    go_verifier: GoVerifier,
) -> None:
    for _ in range(5):
        halden.record()
    seal()
    kept = tmp_path / "kept"
    kept.write_text(_newest(settings, halden))
    for _ in range(4):
        halden.record()
    seal()
    export = written(tmp_path / "log.zip")

    assert go_verifier(export, kept) == (0, "ok 1 9\n")
    rewritten = changed(export, lambda m: _rewrite(m, settings, upto=9))
    assert go_verifier(rewritten)[0] == 0
    assert "extends" in go_verifier(rewritten, kept)[1]
    cut = changed(export, lambda m: _rewrite(m, settings, upto=4))
    assert "cut off" in go_verifier(cut, kept)[1]
    assert "root" in go_verifier(changed(export, _bend))[1]
    assert "note" in go_verifier(changed(export, _resize))[1]


def _bend(members: dict[str, bytes]) -> None:
    name = "1/tile/entries/000.p/9"
    members[name] = members[name].replace(b"success", b"refused", 1)


def _resize(members: dict[str, bytes]) -> None:
    head = members["1/checkpoint"]
    members["1/checkpoint"] = head.replace(b"\n9\n", b"\n8\n")


@pytest.mark.slow
@pytest.mark.allowed_skip
def test_the_packages_of_go_accept_a_log_of_two_epochs(
    export: Path, go_verifier: GoVerifier
) -> None:
    assert go_verifier(export) == (0, f"ok 1 {ENTRIES}\nok 2 {LOST}\n")


def test_another_key_than_the_one_received_otherwise_is_refused(export: Path) -> None:
    with ZipFile(export) as archive:
        name = archive.read("vkeys").decode().partition("+")[0]
    other = SigningKey(b"\x07" * 32).named(name).vkey

    said = told("--key", other, export, code=1)

    assert said["says"] == "no trusted key signed the checkpoint"


def test_a_line_or_a_member_without_end_is_one_sentence_in_flat_memory(
    export: Path,
) -> None:
    sizes = {"1/details.jsonl": 9 << 20, "vkeys": 2 << 20}
    for name, size in sizes.items():
        bomb = export.with_name("bomb.zip")
        with ZipFile(export) as held, ZipFile(bomb, "w", ZIP_DEFLATED) as made:
            for one in held.namelist():
                if one != name:
                    made.writestr(one, held.read(one))
            made.writestr(name, b" " * size)

        tracemalloc.start()
        with pytest.raises(verifier.Refused, match="longer than it may be"):
            verifier.verified(bomb, {}, [])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert peak < 40 << 20


def test_other_ways_to_compress_are_refused(export: Path) -> None:
    with ZipFile(export.with_name("bomb.zip"), "w", ZIP_LZMA) as made:
        made.writestr("vkeys", b"x")

    said = told(export.with_name("bomb.zip"), code=1)

    assert "compressed in a way that exports are not" in said["says"]


def test_what_is_no_archive_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log.zip").write_bytes(b"PK nothing")

    done = subprocess.run(
        [sys.executable, verifier.__file__, str(tmp_path / "log.zip")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("length", [0, 1, 63, 200])
def test_signatures_are_those_of_the_library(length: int) -> None:
    key = SigningKey(bytes(range(32)))
    message = bytes(length)
    signature = key.sign(message)

    assert verifier.ed25519_verifies(key.public, message, signature)
    for at in (0, 31, 32, 63):
        bad = bytearray(signature)
        bad[at] ^= 1
        assert not verifier.ed25519_verifies(key.public, message, bytes(bad))
    assert not verifier.ed25519_verifies(key.public, message + b"x", signature)


def test_a_signature_with_a_scalar_beyond_the_order_is_refused() -> None:
    key = SigningKey(bytes(range(32)))
    signature = key.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + verifier._L

    bent = signature[:32] + s.to_bytes(32, "little")

    assert not verifier.ed25519_verifies(key.public, b"m", bent)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
@pytest.mark.allowed_skip
def test_openssl_verifies_the_same_signature(export: Path, tmp_path: Path) -> None:
    with ZipFile(export) as archive:
        text, _gap, lines = archive.read("1/checkpoint").decode().rpartition("\n\n")
        vkey = archive.read("vkeys").decode().splitlines()[0]
    spki = bytes.fromhex("302a300506032b6570032100")
    public = base64.b64decode(vkey.split("+", 2)[2])[1:]
    pem = base64.b64encode(spki + public).decode()
    (tmp_path / "key").write_text(
        f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n"
    )
    (tmp_path / "signed").write_text(f"{text}\n")
    raw = base64.b64decode(lines.split(" ")[2])[4:]
    (tmp_path / "signature").write_bytes(raw)

    command = "openssl pkeyutl -verify -rawin -pubin -inkey key -in signed"
    done = subprocess.run(
        [*command.split(), "-sigfile", "signature"], cwd=tmp_path, check=False
    )

    assert done.returncode == 0
