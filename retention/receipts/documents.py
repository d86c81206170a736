"""The document of a receipt: its canonical bytes, its file, and its check offline.

Signed are the ASCII line `custos-receipt/v1`, a newline, and the RFC 8785 bytes of the
document, so that a signature of the same key under something else (a checkpoint) can
never pass for a receipt. The file wraps document and signature in one JSON object; the
document inside is re-serialized canonically before it is checked.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from audit.log.leaf import canonical
from kit.signing import SigningKey, VerifierKey

KEY_NAME = "custos-receipts"
VERSION = 1
_PREFIX = b"custos-receipt/v1\n"

Document = Mapping[str, Any]


class ReceiptRefused(ValueError):
    """This is no receipt that the key has signed; says what does not hold."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A document's bytes with their signature and the key to check it with."""

    document: bytes
    signature: bytes
    verifier_key: str

    @property
    def digest(self) -> str:
        """The hash that the log's `sweep.closed` entry carries."""
        return sha256(self.document).hexdigest()

    @property
    def file(self) -> bytes:
        """The JSON file that a person downloads and keeps."""
        content = {
            "receipt": json.loads(self.document),
            "signature": {
                "algorithm": "Ed25519",
                "key": self.verifier_key,
                "value": base64.b64encode(self.signature).decode(),
            },
        }
        return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


def signed(document: Document, *, key: SigningKey) -> Signed:
    """The document in canonical form, signed."""
    written = canonical({"v": VERSION, **document})
    return Signed(
        document=written,
        signature=key.sign(_PREFIX + written),
        verifier_key=key.named(KEY_NAME).vkey,
    )


def verified(file: bytes, *, vkey: str) -> dict[str, Any]:
    """The document of a receipt file; ReceiptRefused unless `vkey` signed it.

    `vkey` comes from a place that the checker trusts; the one in the file is only a
    hint at which key to look for.
    """
    try:
        content = json.loads(file)
        document = content["receipt"]
        signature = base64.b64decode(content["signature"]["value"], validate=True)
        written = canonical(document)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise ReceiptRefused("this file is no receipt") from error
    if not isinstance(document, dict) or document.get("v") != VERSION:
        raise ReceiptRefused("this receipt has a version that is not known here")
    if not VerifierKey.parse(vkey).verifies(
        message=_PREFIX + written, signature=signature
    ):
        raise ReceiptRefused("this key has not signed this receipt")
    return document


def moment(at: datetime) -> str:
    """A time as receipts and log entries write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
