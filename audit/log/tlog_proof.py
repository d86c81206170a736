"""The C2SP tlog-proof file: one entry, and how it leads to a signed head."""

import base64
from collections.abc import Sequence

FIRST_LINE = "c2sp.org/tlog-proof@v1"


def text(
    *, extra: bytes, index: int, hashes: Sequence[bytes], checkpoint: str
) -> bytes:
    """The file; `extra` holds what the specification leaves to the log."""
    lines = [
        FIRST_LINE,
        f"extra {_encoded(extra)}",
        f"index {index}",
        *map(_encoded, hashes),
    ]
    return "".join(f"{line}\n" for line in lines).encode() + f"\n{checkpoint}".encode()


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
