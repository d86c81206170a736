"""The vault's rows as its SQL sees them; free of models, which load after apps."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connections

from kit.sealing import Sealer, binding, installation_keys

ALIAS = "vault"
COLUMNS = "id, kind, parent_id, wrapped"


class Kind(StrEnum):
    """What a key covers; each kind is wrapped by the one before it."""

    ORGANIZATION = "organization"
    WORKSPACE = "workspace"
    CONVERSATION = "conversation"


KINDS = tuple(Kind)


@dataclass(frozen=True, kw_only=True)
class WrappedKey:
    """One row: a wrapped key, or the tombstone of a destroyed one."""

    id: UUID
    kind: Kind
    parent_id: UUID | None
    wrapped: bytes | None = field(default=None, repr=False)

    @property
    def aad(self) -> bytes:
        """Binds the wrapped key to its row."""
        row = f"{self.id}/{self.kind}/{self.parent_id}"
        return binding(table="vault_vaultkey", row=row, column="wrapped")

    def wrap(self, key: bytes, *, parent: Sealer | None) -> bytes:
        """The bytes to store for `key`; no parent means the installation key."""
        if parent is None:
            return installation_keys().wrap(key, aad=self.aad)
        return parent.seal(key, aad=self.aad)

    def open(self, *, parent: Sealer | None) -> bytes | None:
        """The key, or None for a tombstone and below one; CannotOpen if damaged."""
        if self.wrapped is None:
            return None
        if self.parent_id is None:
            return installation_keys().unwrap(self.wrapped, aad=self.aad)
        return parent.open(self.wrapped, aad=self.aad) if parent else None


def query(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement on the vault."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def keys_of(sql: str, **parameters: Any) -> list[WrappedKey]:
    """The rows of a statement that selects COLUMNS."""
    return [
        WrappedKey(id=row, kind=Kind(kind), parent_id=parent_id, wrapped=wrapped)
        for row, kind, parent_id, wrapped in query(sql, **parameters)
    ]
