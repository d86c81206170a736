"""How content lies in the database: what is sealed in which place, and set-based SQL.

A conversation's key seals its title, its other keys, each node and each file's
description; every sealed value is bound to workspace, conversation, place and column.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from kit.sealing import Sealer, binding

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Stored = bytes | memoryview  # the driver hands out either
_AS_WRITTEN = "surrogatepass"  # exports hold halves of surrogate pairs


class Seals:
    """Seals and opens the content of one conversation."""

    def __init__(self, key: bytes, *, workspace: UUID, conversation: UUID) -> None:
        self.key = key
        self._sealer = Sealer(key)
        self._row = f"{workspace}/{conversation}"

    def title(self, text: str) -> bytes:
        """The title, sealed."""
        plain = text.encode("utf-8", _AS_WRITTEN)
        return self._sealer.seal(plain, aad=self._conversation("title"))

    def open_title(self, sealed: Stored) -> str:
        """The title."""
        plain = self._sealer.open(bytes(sealed), aad=self._conversation("title"))
        return plain.decode("utf-8", _AS_WRITTEN)

    def raw(self, item: dict[str, Any]) -> bytes:
        """What the source said of the conversation itself, sealed."""
        return self._sealer.seal(encoded(item), aad=self._conversation("raw"))

    def open_raw(self, sealed: Stored) -> dict[str, Any]:
        """What the source said of the conversation itself."""
        item: dict[str, Any] = self._open(sealed, self._conversation("raw"))
        return item

    def node(self, position: int, key: str | None, node: Any) -> bytes:
        """A node with its key in the source's tree, sealed."""
        return self._sealer.seal(encoded([key, node]), aad=self._message(position))

    def open_node(self, position: int, sealed: Stored) -> tuple[str | None, Any]:
        """A node and its key in the source's tree."""
        key, node = self._open(sealed, self._message(position))
        return key, node

    def file(self, file: UUID, description: dict[str, Any]) -> bytes:
        """What the source said of a file (name, type, id), sealed."""
        return self._sealer.seal(encoded(description), aad=self._file(file, "sealed"))

    def open_file(self, file: UUID, sealed: Stored) -> dict[str, Any]:
        """What the source said of a file."""
        description: dict[str, Any] = self._open(sealed, self._file(file, "sealed"))
        return description

    def blob(self, file: UUID) -> bytes:
        """The place that a file's bytes are bound to in the blob store."""
        return self._file(file, "blob")

    def _open(self, sealed: Stored, aad: bytes) -> Any:
        plain = self._sealer.open(bytes(sealed), aad=aad)
        return json.loads(plain.decode("utf-8", _AS_WRITTEN))

    def _conversation(self, column: str) -> bytes:
        return binding(table="workspaces_conversation", row=self._row, column=column)

    def _message(self, position: int) -> bytes:
        row = f"{self._row}/{position}"
        return binding(table="workspaces_message", row=row, column="sealed")

    def _file(self, file: UUID, column: str) -> bytes:
        row = f"{self._row}/{file}"
        return binding(table="workspaces_file", row=row, column=column)


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRow:
    """One message, sealed and ready to be stored."""

    position: int
    parent_position: int | None
    has_message: bool
    is_on_path: bool
    is_hidden: bool
    role: str
    provenance: str
    created_at: datetime | None
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRow:
    """One file, sealed and ready to be stored; its bytes lie in the blob store."""

    public_id: UUID
    provenance: str
    byte_count: int
    blob_id: UUID | None
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationRow:
    """One conversation with all that hangs on it, sealed and ready to be stored."""

    public_id: UUID
    owner_id: int
    source: str
    external_id: str
    plan_written: str
    is_temporary: bool
    key_id: UUID
    key_made_at: datetime
    title: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    message_count: int
    file_count: int
    byte_count: int
    created_at: datetime
    last_activity_at: datetime
    messages: tuple[MessageRow, ...] = field(repr=False)
    files: tuple[FileRow, ...] = field(repr=False)


_COLUMNS: dict[str, str] = {
    "public_id": "uuid",
    "owner_id": "bigint",
    "source": "text",
    "external_id": "text",
    "plan_written": "text",
    "is_temporary": "boolean",
    "key_id": "uuid",
    "key_made_at": "timestamptz",
    "title": "bytea",
    "raw": "bytea",
    "message_count": "int",
    "file_count": "int",
    "byte_count": "bigint",
    "created_at": "timestamptz",
    "last_activity_at": "timestamptz",
}
_MESSAGE_COLUMNS: dict[str, str] = {
    "position": "int",
    "parent_position": "int",
    "has_message": "boolean",
    "is_on_path": "boolean",
    "is_hidden": "boolean",
    "role": "text",
    "provenance": "text",
    "created_at": "timestamptz",
    "sealed": "bytea",
}
_FILE_COLUMNS: dict[str, str] = {
    "public_id": "uuid",
    "provenance": "text",
    "byte_count": "bigint",
    "blob_id": "uuid",
    "sealed": "bytea",
}
_FIXED = {
    "workspace_id": "bigint",
    "staged_by_id": "bigint",
    "stored_at": "timestamptz",
}
_PARENT = {"conversation_id": "bigint"}
_HANGING = (
    ("workspaces_message", _MESSAGE_COLUMNS, "messages"),
    ("workspaces_file", _FILE_COLUMNS, "files"),
)


def insert(
    rows: Sequence[ConversationRow],
    *,
    workspace_id: int,
    staged_by: int | None,
    at: datetime,
) -> set[UUID]:
    """Stores conversations with all that hangs on them, a statement a table.

    Returns the public ids that were stored; the others exist already.
    """
    # The plans of the keys' checks are cached for the session; made while the table
    # was small and without statistics, they read all conversations per message.
    _run("discard plans", [])
    fixed = {"workspace_id": workspace_id, "staged_by_id": staged_by, "stored_at": at}
    statement = _insert("workspaces_conversation", _COLUMNS, _FIXED)
    ids: dict[UUID, int] = dict(
        _run(
            f"{statement} on conflict (workspace_id, source, external_id) do nothing"
            " returning public_id, id",
            [*fixed.values(), *(_column(rows, name) for name in _COLUMNS)],
        )
    )
    stored = [(ids[row.public_id], row) for row in rows if row.public_id in ids]
    for table, columns, of in _HANGING:
        parents = [parent for parent, row in stored for _child in getattr(row, of)]
        hanging = [child for _parent, row in stored for child in getattr(row, of)]
        if hanging:
            values = [_column(hanging, name) for name in columns]
            _run(
                _insert(table, {**_PARENT, **columns}, {"workspace_id": "bigint"}),
                [workspace_id, parents, *values],
            )
    return set(ids)


def _insert(table: str, columns: dict[str, str], fixed: dict[str, str]) -> str:
    constants = ", ".join(f"%b::{kind}" for kind in fixed.values())
    arrays = ", ".join(f"%b::{kind}[]" for kind in columns.values())
    names = ", ".join(columns)
    return (
        f"insert into {table} ({', '.join(fixed)}, {names})"  # noqa: S608
        f" select {constants}, {names} from unnest({arrays}) as given({names})"
    )


def _column(rows: Sequence[Any], name: str) -> list[Any]:
    return [getattr(row, name) for row in rows]


def _run(statement: str, parameters: list[Any]) -> list[Any]:
    """Binds on the server and in binary: bytes as text literals are twice as long."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def encoded(value: Any) -> bytes:
    """JSON exactly as it was read, halves of surrogate pairs included."""
    return _encode(value).encode("utf-8", _AS_WRITTEN)
