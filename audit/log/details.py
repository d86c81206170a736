"""Seals the details behind a leaf's commitments, and opens them again."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit.log.leaf import Json, commitment, new_salt, written
from audit.log.models import Part
from kit import sealing, vault
from kit.sealing import CannotOpen, Sealer
from kit.vault.parents import Parent, Parents

_held = Parents(size=256, seconds=vault.PARENTS_LIVE_SECONDS)


class DetailsAreGone(Exception):
    """The key that seals a log's details was destroyed."""


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One opened field: its value, and the salt that opens its commitment."""

    name: str
    value: Json
    salt: bytes

    @property
    def commitment(self) -> str:
        """What the leaf must hold for this field."""
        return commitment(name=self.name, value=self.value, salt=self.salt)


def committed(values: Mapping[str, Json]) -> list[Detail]:
    """The fields with a fresh salt each."""
    return [
        Detail(name=name, value=value, salt=new_salt())
        for name, value in values.items()
    ]


def sealed(details: list[Detail], *, leaf_id: UUID, part: Part, key_id: UUID) -> bytes:
    """The fields of one part of one entry under the log's key.

    The salts are sealed with the values: a destroyed key must not leave behind
    commitments that can be guessed.
    """
    content: dict[str, Json] = {
        detail.name: [base64.b64encode(detail.salt).decode(), detail.value]
        for detail in details
    }
    return _sealer(key_id).seal(written(content), aad=_place(leaf_id, part))


def opened(sealed: bytes, *, leaf_id: UUID, part: Part, key_id: UUID) -> list[Detail]:
    """The fields of a sealed part; CannotOpen where it was moved or damaged."""
    plain = _sealer(key_id).open(bytes(sealed), aad=_place(leaf_id, part))
    try:
        content: dict[str, Any] = json.loads(plain)
        return [
            Detail(name=name, value=value, salt=base64.b64decode(salt, validate=True))
            for name, (salt, value) in content.items()
        ]
    except (ValueError, TypeError, binascii.Error):
        raise CannotOpen from None


def key_of(key_id: UUID) -> bytes:
    """The key of a log, read from the vault; DetailsAreGone where it was destroyed."""
    key = vault.read_keys([key_id]).get(key_id)
    if key is None:
        raise DetailsAreGone(str(key_id))
    return key


def _sealer(key_id: UUID) -> Sealer:
    held = _held.get(key_id)
    if held is None:
        read_at = _held.now()
        held = Parent(sealer=Sealer(key_of(key_id)), kind=vault.Kind.ORGANIZATION)
        _held.hold(key_id, held, read_at=read_at)
    return held.sealer


def _place(leaf_id: UUID, part: Part) -> bytes:
    return sealing.binding(table="audit_detail", row=leaf_id, column=part)
