"""A sealed value opens with its key, in its place, unchanged; else not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kit import keyfiles, sealing

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
PLACE = sealing.binding(table="message", row=7, column="body")


@given(plaintext=st.binary(max_size=2_000), aad=st.binary(max_size=100))
def test_what_was_sealed_opens_again(plaintext: bytes, aad: bytes) -> None:
    sealed = sealing.seal(plaintext, key=KEY, aad=aad)

    assert sealing.open_sealed(sealed, key=KEY, aad=aad) == plaintext
    assert len(sealed) == len(plaintext) + sealing.OVERHEAD


def test_the_envelope_has_the_documented_bytes() -> None:
    sealed = sealing.seal(b"text", key=KEY, aad=PLACE)

    assert sealed[0] == 1
    assert sealed[1:5] == sealing.key_id(KEY) == bytes.fromhex("630dcd29")
    assert b"text" not in sealed


def test_an_envelope_of_the_first_version_opens_for_ever() -> None:
    kept = bytes.fromhex(
        "01630dcd29000102030405060708090a0b2c67a66ff33a23a8d309531e3eb34f53329faa7c"
    )

    assert sealing.open_sealed(kept, key=KEY, aad=PLACE) == b"kept"


def test_the_same_text_is_sealed_differently_each_time() -> None:
    sealer = sealing.Sealer(KEY)

    assert sealer.seal(b"text", aad=PLACE) != sealer.seal(b"text", aad=PLACE)


@given(data=st.data())
def test_a_changed_byte_anywhere_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(sealing.seal(b"some text", key=KEY, aad=PLACE))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(bytes(sealed), key=KEY, aad=PLACE)


@given(length=st.integers(0, 41))
def test_a_shortened_value_does_not_open(length: int) -> None:
    sealed = sealing.seal(b"some text", key=KEY, aad=PLACE)

    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(sealed[:length], key=KEY, aad=PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        sealing.binding(table="file", row=7, column="body"),
        sealing.binding(table="message", row=8, column="body"),
        sealing.binding(table="message", row=7, column="title"),
    ],
)
def test_a_moved_value_does_not_open(elsewhere: bytes) -> None:
    sealed = sealing.seal(b"text", key=KEY, aad=PLACE)

    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(sealed, key=KEY, aad=elsewhere)


def test_another_key_does_not_open_and_the_error_tells_nothing() -> None:
    sealed = sealing.seal(b"secret text", key=KEY, aad=PLACE)

    with pytest.raises(sealing.CannotOpen) as refused:
        sealing.open_sealed(sealed, key=OTHER_KEY, aad=PLACE)

    assert str(refused.value) == "A sealed value cannot be opened."
    assert refused.value.__cause__ is None


PARTS = st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))


@given(one=PARTS, other=PARTS)
def test_different_places_have_different_bindings(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    bindings = [
        sealing.binding(table=table, row=row, column=column)
        for table, row, column in (one, other)
    ]

    assert (bindings[0] == bindings[1]) == (one == other)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sealing.Sealer(b"short")


def test_the_newest_installation_key_wraps_and_every_one_unwraps() -> None:
    before = sealing.KeyRing([OTHER_KEY])
    after = sealing.KeyRing([KEY, OTHER_KEY])
    wrapped = before.wrap(b"k" * 32, aad=PLACE)

    assert after.unwrap(wrapped, aad=PLACE) == b"k" * 32
    assert after.wrap(b"k" * 32, aad=PLACE)[1:5] == after.newest_id == after.ids[0]
    with pytest.raises(sealing.CannotOpen):
        before.unwrap(after.wrap(b"k" * 32, aad=PLACE), aad=PLACE)


def test_a_key_ring_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one"):
        sealing.KeyRing([])


@pytest.fixture
def key_file(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / "keys" / "installation"
    settings.CUSTOS_INSTALLATION_KEY_FILE = path
    return path


def test_the_first_installation_key_is_made_once_for_its_owner_alone(
    key_file: Path,
) -> None:
    assert sealing.create_installation_key(key_file) is True
    first = sealing.installation_keys()

    assert sealing.create_installation_key(key_file) is False
    assert sealing.installation_keys().ids == first.ids
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_a_running_process_notices_an_added_key(key_file: Path) -> None:
    sealing.create_installation_key(key_file)
    wrapped = sealing.installation_keys().wrap(KEY, aad=PLACE)

    sealing.add_installation_key(key_file)

    ring = sealing.installation_keys()
    assert len(ring.ids) == 2
    assert ring.newest_id != wrapped[1:5]
    assert ring.unwrap(wrapped, aad=PLACE) == KEY
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_a_missing_key_file_is_named(key_file: Path) -> None:
    with pytest.raises(keyfiles.KeyFileUnusable, match="does not exist"):
        sealing.installation_keys()


@pytest.mark.parametrize("text", ["", "not base64!", "c2hvcnQ=", "ünicode"])
def test_a_malformed_key_file_is_named_without_its_text(
    key_file: Path, text: str
) -> None:
    key_file.parent.mkdir()
    key_file.write_text(text)
    key_file.chmod(0o600)

    with pytest.raises(keyfiles.KeyFileUnusable, match="one base64 line") as refused:
        sealing.installation_keys()

    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o666])
def test_a_key_file_open_to_others_is_refused(key_file: Path, mode: int) -> None:
    sealing.create_installation_key(key_file)
    key_file.chmod(mode)

    with pytest.raises(keyfiles.KeyFileUnusable, match="chmod 600"):
        sealing.installation_keys()
