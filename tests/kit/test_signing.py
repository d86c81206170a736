"""Signatures verify with the vkey that other people's tools read."""

import base64
from pathlib import Path

import pytest

from kit import keyfiles, signing

# The example of the C2SP signed-note specification's Go implementation.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_MESSAGE = (
    b"If you think cryptography is the answer to your problem,\n"
    b"then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM="
)


def test_a_note_signed_by_another_tool_verifies() -> None:
    key = signing.VerifierKey.parse(GO_VKEY)
    signature = base64.b64decode(GO_SIGNATURE)

    assert signature[:4] == key.key_hash
    assert key.verifies(message=GO_MESSAGE, signature=signature[4:])
    assert key.vkey == GO_VKEY


def test_a_changed_message_does_not_verify(tmp_path: Path) -> None:
    key = signing.load_or_create(tmp_path / "log")
    signature = key.sign(b"ten rows purged")

    public = key.named("custos.test/log")

    assert public.verifies(message=b"ten rows purged", signature=signature)
    assert not public.verifies(message=b"nine rows purged", signature=signature)
    assert not public.verifies(message=b"ten rows purged", signature=b"short")


def test_the_same_key_under_two_names_has_two_hashes(tmp_path: Path) -> None:
    key = signing.load_or_create(tmp_path / "log")

    assert key.named("log").key_hash != key.named("receipts").key_hash


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log"

    made = signing.load_or_create(path)

    assert signing.load_or_create(path).public == made.public
    assert signing.load(path).public == made.public
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_key_is_not_made_by_loading(tmp_path: Path) -> None:
    with pytest.raises(keyfiles.KeyFileUnusable, match="does not exist"):
        signing.load(tmp_path / "log")


def test_a_malformed_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log"
    keyfiles.create(path, "c2hvcnQ=\n")

    with pytest.raises(keyfiles.KeyFileUnusable, match="one base64 line"):
        signing.load(path)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\tbed"])
def test_a_name_that_notes_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no spaces"):
        signing.VerifierKey(name=name, public=bytes(32))


@pytest.mark.parametrize(
    "vkey", ["", "no-plus", GO_VKEY.replace("c74f", "c74e"), GO_VKEY[:-4]]
)
def test_a_vkey_that_disagrees_with_itself_is_refused(vkey: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- several causes, one meaning
        signing.VerifierKey.parse(vkey)
