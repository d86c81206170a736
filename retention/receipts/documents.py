"""The document of a receipt: its canonical bytes, its file, and its check offline.

Signed are the ASCII line `custos-receipt/v1`, a newline, and the RFC 8785 bytes of the
document, so that a signature of the same key under something else (a checkpoint) can
never pass for a receipt. The file wraps document and signature in one JSON object; the
document inside is re-serialized canonically before it is checked.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from audit.log.leaf import canonical
from kit.signing import SigningKey
from retention.receipts import verifier

KEY_NAME = "custos-receipts"
VERSION = 1

Document = Mapping[str, Any]
ReceiptRefused = verifier.Refused


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A document's bytes with their signature and the key to check it with.

    `opening` stands beside them in the file, unsigned: what the document has hashed.
    """

    document: bytes
    signature: bytes
    verifier_key: str
    opening: Document | None = None

    @property
    def digest(self) -> str:
        """The hash that the log's `sweep.closed` entry carries."""
        return sha256(self.document).hexdigest()

    @property
    def file(self) -> bytes:
        """The JSON file that a person downloads and keeps."""
        return json.dumps(self._content, indent=2, ensure_ascii=False).encode() + b"\n"

    @property
    def line(self) -> bytes:
        """The same on one line, for many receipts in one file."""
        return json.dumps(self._content, ensure_ascii=False).encode() + b"\n"

    @property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {
            "receipt": json.loads(self.document),
            "signature": {
                "algorithm": "Ed25519",
                "key": self.verifier_key,
                "value": base64.b64encode(self.signature).decode(),
            },
        }
        if self.opening is not None:
            content["opening"] = dict(self.opening)
        return content


def signed(
    document: Document, *, key: SigningKey, opening: Document | None = None
) -> Signed:
    """The document in canonical form, signed."""
    written = canonical({"v": VERSION, **document})
    return Signed(
        document=written,
        signature=key.sign(verifier.PREFIX + written),
        verifier_key=key.named(KEY_NAME).vkey,
        opening=opening,
    )


def verified(file: bytes, *, vkey: str) -> dict[str, Any]:
    """The document of a receipt file; ReceiptRefused unless `vkey` signed it.

    `vkey` comes from a place that the checker trusts; the one in the file is only a
    hint at which key to look for. The same code is the program for people without
    Custos.
    """
    return verifier.verified(file, keys=verifier.keys_of(vkey))
