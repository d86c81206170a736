#!/usr/bin/env python3
"""Checks receipts of Custos with one file and a public key; needs nothing of Custos.

    custos-verify-receipt --key KEY [--key KEY] [--json] FILE [FILE …]

KEY is a verifier key (`custos-receipts+…+…`), or a file that holds one a line, or a
PEM public key. FILE is a receipt, or a `.jsonl` with one a line. Python's standard
library does it all except Ed25519: that is the package `cryptography` where it is
installed, and the program `openssl` (3.0 or later) otherwise.

What is checked: the signature under the document; where it names an entry of the audit
log, that the checkpoint is signed by the same key and that the entry's hash leads to
its root (RFC 6962); where the file opens them, that the hashed id and the entry are
the ones given, and that the entry is the purge of that object, or the refusal to
delete it. Exit code 1 if one receipt fails.
"""

import argparse
import base64
import binascii
import hmac
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

PREFIX = b"custos-receipt/v1\n"
"""Stands before the document's bytes where they are signed."""
ID_LABEL = b"custos.receipt.object.v1\0"
"""Stands before an object's id where it is hashed with the organization's salt."""

_ED25519 = b"\x01"
_SPKI = bytes.fromhex("302a300506032b6570032100")
_DASH = "\u2014"


class Refused(ValueError):
    """This is no receipt that the key has signed; says what does not hold."""


@dataclass(frozen=True)
class Key:
    """An Ed25519 public key; a checkpoint names it by its log, a receipt by its own."""

    public: bytes

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Tells whether this key signed `message`."""
        try:
            from cryptography.exceptions import (  # noqa: PLC0415 -- may be missing
                InvalidSignature,
            )
            from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
                Ed25519PublicKey,
            )
        except ImportError:
            return _openssl_verifies(self.public, message, signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def hash_under(self, name: str) -> bytes:
        """The four bytes that announce this key in a signed note."""
        return sha256(name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]


def keys_of(text: str) -> list[Key]:
    """The keys of verifier-key lines or of a PEM file."""
    if "BEGIN PUBLIC KEY" in text:
        lines = [line for line in text.splitlines() if "-----" not in line]
        try:
            raw = base64.b64decode("".join(lines))
        except ValueError:
            raw = b""
        if not raw.startswith(_SPKI):
            raise Refused("this PEM holds no Ed25519 public key")
        return [Key(raw[len(_SPKI) :])]
    return [_key(line) for line in text.splitlines() if line.strip()]


def verified(file: bytes, *, keys: Iterable[Key]) -> dict[str, Any]:
    """The document of one receipt; Refused unless all that it claims holds."""
    known = list(keys)
    try:
        content = json.loads(file)
        document = content["receipt"]
        signature = base64.b64decode(content["signature"]["value"], validate=True)
        written = _canonical(document)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Refused("this file is no receipt") from error
    if not isinstance(document, dict) or document.get("v") != 1:
        raise Refused("this receipt has a version that is not known here")
    if not any(key.verifies(PREFIX + written, signature) for key in known):
        raise Refused("this key has not signed this receipt")
    try:
        _demand_log(document.get("log"), known)
        _demand_opening(document, content.get("opening"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("a part of this receipt is malformed") from error
    return document


def object_hash(object_id: str, *, salt: bytes) -> str:
    """What a receipt holds of an object's id."""
    return hmac.new(salt, ID_LABEL + object_id.encode(), "sha256").hexdigest()


def _demand_log(log: Any, keys: Sequence[Key]) -> None:
    """The signed checkpoint covers the entry of which the receipt has the hash."""
    if not log:
        return
    size, root = _head(log["checkpoint"], keys)
    if "index" not in log:
        return
    place, last = int(log["index"]), size - 1
    hashed = bytes.fromhex(log["leaf_hash"])
    if not 0 <= place <= last:
        raise Refused("the entry is not among those that the checkpoint covers")
    for text in log["proof"]:
        sibling = bytes.fromhex(text)
        if place & 1 or place == last:
            hashed = sha256(b"\x01" + sibling + hashed).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hashed = sha256(b"\x01" + hashed + sibling).digest()
        place, last = place >> 1, last >> 1
    if last or hashed != root:
        raise Refused("the entry does not lead to the root of the checkpoint")


def _head(note: str, keys: Sequence[Key]) -> tuple[int, bytes]:
    """Size and root of a C2SP checkpoint that one of the keys signed."""
    text, gap, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines() if gap else []:
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded)
        for key in keys:
            if dash == _DASH and raw[:4] == key.hash_under(name):
                if not key.verifies(text.encode(), raw[4:]):
                    raise Refused("the signature under the checkpoint is wrong")
                _origin, size, root = text.split("\n")[:3]
                return int(size), base64.b64decode(root)
    raise Refused("this key has not signed the checkpoint; give the log's key too")


def _demand_opening(document: dict[str, Any], opening: Any) -> None:
    """What the file opens is what the document has hashed."""
    if not opening:
        return
    salt = base64.b64decode(opening["salt"], validate=True)
    if object_hash(opening["id"], salt=salt) != document["object"]["hash"]:
        raise Refused("the receipt is about another object than the file says")
    if "entry" not in opening:
        return
    leaf = opening["entry"].encode()
    if sha256(b"\x00" + leaf).hexdigest() != document["log"]["leaf_hash"]:
        raise Refused("the entry is another one than the log holds")
    entry = json.loads(leaf)
    told = (entry["target_id"], entry["time"], entry["workspace"])
    signed = (opening["id"], document["hold_check"]["at"], document["workspace"])
    if told != signed or not _tells(entry, document):
        raise Refused("the entry of the log tells something else than the receipt")


def _tells(entry: dict[str, Any], document: dict[str, Any]) -> bool:
    """The act of the entry is the one that the receipt is about."""
    noun = document["object"]["kind"]
    if document["type"] == "refusal":
        act = (f"retention.{noun}.deleted", "refused")
        return (entry["action"], entry["outcome"]) == act
    return bool(entry["action"] == f"retention.{noun}.purged")


def _canonical(document: Any) -> bytes:
    text = json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode()


def _key(line: str) -> Key:
    try:
        name, hashed, typed = line.strip().split("+", 2)
        raw = base64.b64decode(typed, validate=True)
    except ValueError:
        raise Refused(f"{line!r} is no verifier key") from None
    key = Key(raw[1:])
    if raw[:1] != _ED25519 or key.hash_under(name).hex() != hashed:
        raise Refused(f"{line!r} is no Ed25519 verifier key")
    return key


def _openssl_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    pem = base64.encodebytes(_SPKI + public).decode()
    with tempfile.TemporaryDirectory() as folder:
        parts = {"key": f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n"}
        Path(folder, "key").write_text(parts["key"])
        Path(folder, "message").write_bytes(message)
        Path(folder, "signature").write_bytes(signature)
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin"]
        command += ["-inkey", "key", "-in", "message", "-sigfile", "signature"]
        try:
            done = subprocess.run(  # noqa: S603 -- constants
                command, cwd=folder, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise SystemExit(
                "Ed25519 needs the program openssl or the package cryptography."
            ) from None
    return done.returncode == 0


def receipts_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each receipt of a file with its name: one, or the lines of a `.jsonl`."""
    if path.suffix != ".jsonl":
        yield str(path), path.read_bytes()
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"{path}:{number}", line


def told(document: dict[str, Any]) -> str:
    """One receipt in a sentence."""
    if document.get("type") == "object":
        stores = document["stores"]
        return (
            f"{document['object']['kind']} {document['outcome']}"
            f" at {stores['database']['at']}, rule {document['rule']};"
            f" key {stores['vault']['outcome']}"
        )
    if document.get("type") == "refusal":
        asked = {"request": "delete refused", "policy": "kept from its policy"}
        what = asked.get(document.get("cause", ""), "kept")
        return f"{document['object']['kind']} {what} by a legal hold"
    if document.get("type") == "closing":
        return f"workspace closed, key destroyed at {document['key_destroyed_at']}"
    result = document.get("result", {})
    return f"sweep, {result.get('purged')} purged, {result.get('left_held')} held"


def results(paths: Iterable[Path], keys: Sequence[Key]) -> Iterator[dict[str, Any]]:
    """What became of each receipt: `file`, `verified`, and `says`."""
    for path in paths:
        for name, content in receipts_in(path):
            try:
                document = verified(content, keys=keys)
            except Refused as refusal:
                yield {"file": name, "verified": False, "says": str(refusal)}
            else:
                yield {"file": name, "verified": True, "says": told(document)}


def given_keys(texts: Iterable[str]) -> list[Key]:
    """The keys that the command line names, by text or by file."""
    found: list[Key] = []
    for text in texts:
        is_text = text.count("+") > 1 and "\n" not in text and not Path(text).exists()
        # Whatever else lies in a file is no key, and is refused as one.
        lines = text if is_text else Path(text).read_text("ascii", errors="replace")
        found += keys_of(lines)
    return found


def main() -> int:
    """The program; 0 where every receipt holds."""
    parser = argparse.ArgumentParser(prog="custos-verify-receipt")
    parser.add_argument("--key", action="append", required=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args()
    failed = False
    try:
        for one in results(asked.files, given_keys(asked.key)):
            failed |= not one["verified"]
            line = f"{'ok ' if one['verified'] else 'BAD'} {one['file']}: {one['says']}"
            print(json.dumps(one) if asked.json else line)  # noqa: T201 -- a program
    except (Refused, OSError) as error:
        sys.exit(f"custos-verify-receipt: {error}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
