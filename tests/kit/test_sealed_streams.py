"""A sealed file opens whole, in order and in its place; else it does not."""

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.sealed_streams import CHUNK_BYTES, open_stream, seal_stream, sealed_size
from kit.sealing import CannotOpen

KEY = bytes(range(32))
PLACE = b"file 7"
HEADER = 21
SEALED_CHUNK = CHUNK_BYTES + 16


def sealed(plaintext: bytes, *, aad: bytes = PLACE) -> bytes:
    return b"".join(seal_stream([plaintext], key=KEY, aad=aad))


def opened(stream: bytes, *, key: bytes = KEY, aad: bytes = PLACE) -> bytes:
    return b"".join(open_stream([stream], key=key, aad=aad))


def in_pieces(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[at : at + size] for at in range(0, len(stream), size))


@given(pieces=st.lists(st.binary(max_size=300), max_size=5), size=st.integers(1, 200))
def test_the_pieces_on_either_side_do_not_matter(
    pieces: list[bytes], size: int
) -> None:
    stream = b"".join(seal_stream(pieces, key=KEY, aad=PLACE))

    plaintext = b"".join(open_stream(in_pieces(stream, size), key=KEY, aad=PLACE))

    assert plaintext == b"".join(pieces)


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_every_size_near_a_chunk_opens_again(chunks: int, beyond: int) -> None:
    plaintext = b"x" * max(0, chunks * CHUNK_BYTES + beyond)

    stream = sealed(plaintext)

    assert len(stream) == sealed_size(len(plaintext))
    assert opened(stream) == plaintext


THREE_CHUNKS = sealed(b"a" * CHUNK_BYTES + b"b" * CHUNK_BYTES + b"c")


def chunk(number: int) -> bytes:
    start = HEADER + number * SEALED_CHUNK
    return THREE_CHUNKS[start : start + SEALED_CHUNK]


@pytest.mark.parametrize(
    "damaged",
    [
        THREE_CHUNKS[: HEADER + 2 * SEALED_CHUNK],
        THREE_CHUNKS[: HEADER + SEALED_CHUNK],
        THREE_CHUNKS[:HEADER],
        THREE_CHUNKS[: HEADER - 1],
        b"",
        THREE_CHUNKS[:-1],
        THREE_CHUNKS + b"x",
        THREE_CHUNKS + THREE_CHUNKS[HEADER:],
        THREE_CHUNKS[:HEADER] + chunk(1) + chunk(0) + chunk(2),
        THREE_CHUNKS[:HEADER] + chunk(0) + chunk(0) + chunk(1) + chunk(2),
        THREE_CHUNKS[:HEADER] + chunk(1) + chunk(2),
        THREE_CHUNKS[:HEADER] + chunk(2),
        sealed(b"a")[:HEADER] + THREE_CHUNKS[HEADER:],
    ],
    ids=[
        "last chunk cut",
        "two chunks cut",
        "header only",
        "short header",
        "nothing",
        "a byte cut",
        "a byte added",
        "doubled",
        "swapped",
        "repeated",
        "first chunk dropped",
        "only the last chunk",
        "another header",
    ],
)
def test_a_stream_that_is_not_whole_does_not_open(damaged: bytes) -> None:
    with pytest.raises(CannotOpen):
        opened(damaged)


@settings(max_examples=50)
@given(data=st.data())
def test_a_changed_byte_does_not_open(data: st.DataObject) -> None:
    stream = bytearray(sealed(b"some text"))
    stream[data.draw(st.integers(0, len(stream) - 1))] ^= 1

    with pytest.raises(CannotOpen):
        opened(bytes(stream))


def test_another_file_or_key_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        opened(THREE_CHUNKS, aad=b"file 8")
    with pytest.raises(CannotOpen):
        opened(THREE_CHUNKS, key=bytes(32))


def test_memory_stays_flat_for_a_large_file() -> None:
    source = (bytes(CHUNK_BYTES) for _ in range(400))  # 26 MB

    tracemalloc.start()
    size = sum(
        len(piece)
        for piece in open_stream(
            seal_stream(source, key=KEY, aad=PLACE), key=KEY, aad=PLACE
        )
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 400 * CHUNK_BYTES
    assert peak < 2_000_000
