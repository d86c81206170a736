"""How projects, their files and memories are sealed: in which place, by which key.

Every object has a key of its own; each sealed value is bound to workspace, object and
column, so that nothing opens in the place of something else.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, Protocol
from uuid import UUID

from kit import vault
from kit.sealing import Sealer, binding

Stored = bytes | memoryview


class Keyed(Protocol):
    """A row that has its own key."""

    public_id: UUID
    key_id: UUID


class Seal:
    """Seals and opens the columns of one object."""

    def __init__(self, key: bytes, *, table: str, workspace: UUID, row: UUID) -> None:
        self.key = key
        self._sealer = Sealer(key)
        self._table = table
        self._row = f"{workspace}/{row}"

    def text(self, column: str, text: str) -> bytes:
        """A text, sealed."""
        return self._sealer.seal(text.encode(), aad=self._place(column))

    def open_text(self, column: str, sealed: Stored) -> str:
        """A text."""
        return self._sealer.open(bytes(sealed), aad=self._place(column)).decode()

    def words(self, column: str, words: Mapping[str, str]) -> bytes:
        """A few named texts, sealed together."""
        return self.text(column, json.dumps(words, sort_keys=True))

    def open_words(self, column: str, sealed: Stored) -> dict[str, str]:
        """A few named texts."""
        words: dict[str, str] = json.loads(self.open_text(column, sealed))
        return words

    def blob(self) -> bytes:
        """The place that the object's bytes are bound to in the blob store."""
        return self._place("blob")

    def _place(self, column: str) -> bytes:
        return binding(table=self._table, row=self._row, column=column)


def seals_of(rows: Collection[Any], *, table: str, workspace: UUID) -> dict[int, Seal]:
    """The seals of these rows by their ids, with one question to the vault.

    A row whose key was destroyed is left out.
    """
    keys = vault.read_keys({row.key_id for row in rows})
    return {
        row.pk: Seal(
            keys[row.key_id], table=table, workspace=workspace, row=row.public_id
        )
        for row in rows
        if row.key_id in keys
    }
