"""The canonical bytes of one entry, and the commitments that stand in for its details.

Bytes are RFC 8785 JSON without numbers other than integers. All keys are ours and
ASCII, so that sorting their bytes is RFC 8785's order. orjson writes these bytes ten
times faster than the standard library; the tests compare with rfc8785.
"""

import base64
import hmac
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

VERSION = 1
MAX_BYTES = 32 * 1024
SALT_BYTES = 32
LABEL = b"custos.audit.commitment.v1"
_MAX_DEPTH = 16
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_POLICY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.,:/-]{0,199}")
# Integers beyond 53 bits are refused, as RFC 8785 asks. Names may be of a subclass of
# str, such as an enumeration's.
_CANONICALLY = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_NON_STR_KEYS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)

Json = None | bool | int | str | list["Json"] | Mapping[str, "Json"]


class LeafRefused(ValueError):
    """An entry cannot be written in the canonical form; nothing is stored."""


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """The public part of one entry: fixed fields and commitments, no personal data.

    `actor` names a part of Custos itself and stays empty for people and keys, whose
    identity is a commitment. `policy` is the policy version the act followed.
    `digests` name, in hex, what the act is bound to: a plan's root, a receipt's hash.
    """

    id: UUID
    time: datetime
    organization: UUID
    action: str
    outcome: str
    actor_kind: str
    target_kind: str
    target_id: UUID
    actor: str = ""
    workspace: UUID | None = None
    policy: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    commit: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The bytes that are stored, hashed and never written again."""
        self._demand_plain_words()
        content: dict[str, Any] = {
            "v": VERSION,
            "id": self.id,
            "time": moment(self.time),
            "organization": self.organization,
            "action": self.action,
            "outcome": self.outcome,
            "actor_kind": self.actor_kind,
            "target_kind": self.target_kind,
            "target_id": self.target_id,
        }
        mappings = {
            "counts": dict(self.counts),
            "digests": dict(self.digests),
            "commit": dict(self.commit),
        }
        _demand_plain(mappings, depth=0)
        optional = {
            "actor": self.actor,
            "workspace": self.workspace,
            "policy": self.policy,
            **mappings,
        }
        content |= {name: value for name, value in optional.items() if value}
        encoded = written(content)
        if len(encoded) > MAX_BYTES:
            raise LeafRefused(f"an entry may have {MAX_BYTES} bytes")
        return encoded

    def _demand_plain_words(self) -> None:
        words = [self.action, self.outcome, self.actor_kind, self.target_kind]
        for word in [*words, self.actor] if self.actor else words:
            if not _TOKEN.fullmatch(word):
                raise LeafRefused(f"{word!r} is no plain word")
        if self.policy and not _POLICY.fullmatch(self.policy):
            raise LeafRefused(f"{self.policy!r} names no policy version")

    @classmethod
    def parse(cls, written: bytes) -> "Leaf":
        """The fields of stored bytes; LeafRefused where they were tampered with."""
        try:
            content = json.loads(written)
            if content.pop("v") != VERSION:
                raise LeafRefused("an unknown version")
            for name in ("id", "organization", "target_id"):
                content[name] = UUID(content[name])
            if "workspace" in content:
                content["workspace"] = UUID(content["workspace"])
            content["time"] = datetime.fromisoformat(content["time"])
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LeafRefused("these bytes are no entry") from error


def moment(at: datetime) -> str:
    """A time as entries and receipts write it: in UTC, with all six digits."""
    in_utc = at.astimezone(UTC).replace(tzinfo=None)
    return f"{in_utc.isoformat(timespec='microseconds')}Z"


def canonical(value: Json) -> bytes:
    """RFC 8785 bytes; LeafRefused for floats, NUL, lone surrogates and odd keys."""
    _demand_plain(value, depth=0)
    return written(value)


def written(value: Any) -> bytes:
    """The bytes of what its caller has looked at; LeafRefused where there are none.

    Values may be UUIDs as well, which are written as their text.
    """
    try:
        return orjson.dumps(value, option=_CANONICALLY)
    except orjson.JSONEncodeError as error:  # lone surrogates, too large integers
        raise LeafRefused(f"this has no canonical form: {error}") from None


def new_salt() -> bytes:
    """A fresh salt; one for each field of each entry."""
    return os.urandom(SALT_BYTES)


def commitment(*, name: str, value: Json, salt: bytes) -> str:
    """What the leaf holds of a detail: guessing the value needs its salt."""
    message = b"\x00".join((LABEL, name.encode(), canonical(value)))
    return base64.b64encode(hmac.digest(salt, message, "sha256")).decode()


def _demand_plain(value: object, *, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise LeafRefused(f"values may be nested {_MAX_DEPTH} deep")
    if isinstance(value, str):
        if "\x00" in value:
            raise LeafRefused("text may not hold NUL")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii() or "\x00" in key:
                raise LeafRefused(f"{key!r} is no key")
            _demand_plain(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _demand_plain(inner, depth=depth + 1)
    elif not isinstance(value, int) and value is not None:
        raise LeafRefused(f"{type(value).__name__} has no canonical form")
