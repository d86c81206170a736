"""A folder and an S3 bucket keep blobs alike."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from kit.blobs import BlobMissing, BlobStore

ID = UUID("0123456789abcdef0123456789abcdef")


def content(blobs: BlobStore, blob: UUID) -> bytes:
    return b"".join(blobs.open(blob))


@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_what_was_put_is_read_again(blobs: BlobStore, size: int) -> None:
    stored = blobs.put(ID, [b"", b"x" * size, b"end"])

    assert stored == size + 3
    assert content(blobs, ID) == b"x" * size + b"end"


def test_a_file_of_many_parts_is_read_again(blobs: BlobStore) -> None:
    chunks = [bytes([n]) * 1_000_000 for n in range(18)]

    blobs.put(ID, iter(chunks))

    assert content(blobs, ID) == b"".join(chunks)


def test_putting_again_replaces(blobs: BlobStore) -> None:
    blobs.put(ID, [b"first"])
    blobs.put(ID, [b"second"])

    assert content(blobs, ID) == b"second"


def test_a_missing_blob_is_missing_at_once(blobs: BlobStore) -> None:
    assert not blobs.exists(ID)
    with pytest.raises(BlobMissing):
        blobs.open(ID)


def test_a_deleted_blob_is_gone_and_deleting_again_is_fine(blobs: BlobStore) -> None:
    blobs.put(ID, [b"text"])

    blobs.delete(ID)
    blobs.delete(ID)

    assert not blobs.exists(ID)
    assert list(blobs.ids()) == []


def test_a_source_that_fails_leaves_nothing(blobs: BlobStore) -> None:
    def failing() -> Iterator[bytes]:
        yield b"some bytes"
        raise RuntimeError("the upload broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        blobs.put(ID, failing())

    assert not blobs.exists(ID)
    assert list(blobs.ids()) == []


def test_all_ids_are_listed(blobs: BlobStore) -> None:
    put = {uuid4() for _ in range(5)}
    for blob in put:
        blobs.put(blob, [b"x"])

    assert set(blobs.ids()) == put


@pytest.mark.parametrize("trick", ["../../etc/passwd", "/etc/passwd", str(ID), None])
def test_only_a_uuid_names_a_blob(blobs: BlobStore, trick: object) -> None:
    for act in (blobs.open, blobs.delete, blobs.exists):
        with pytest.raises(TypeError, match="UUID"):
            act(trick)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="UUID"):
        blobs.put(trick, [b"x"])  # type: ignore[arg-type]
