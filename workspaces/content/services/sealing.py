"""Turns drafts into sealed rows, each conversation under a key of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from kit import blobs, ids
from kit.sealed_streams import seal_stream
from kit.vault import DataKey
from workspaces.content.formats.drafts import ConversationDraft, FileDraft
from workspaces.content.rules import Dating
from workspaces.content.storage import (
    ConversationRow,
    FileRow,
    MessageRow,
    Seals,
)

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """What all conversations of one batch share."""

    workspace: UUID
    plan: str
    dating: Dating
    open_member: Callable[[str], BinaryIO] | None

    def row(
        self, draft: ConversationDraft, *, external_id: str, owner: int, key: DataKey
    ) -> ConversationRow:
        """The sealed row of a draft; the bytes of its files are stored already."""
        public_id = ids.new_uuid()
        seals = Seals(key.key, workspace=self.workspace, conversation=public_id)
        title, raw = seals.title(draft.title), seals.raw(draft.raw)
        messages = tuple(self._messages(draft, seals))
        files = [self._file(file, seals) for file in draft.files]
        dates = self.dating.dates(
            id=external_id,
            created_at=draft.created_at,
            last_activity_at=draft.last_activity_at,
        )
        return ConversationRow(
            public_id=public_id,
            owner_id=owner,
            source=draft.source,
            external_id=external_id,
            plan_written=self.plan,
            is_temporary=draft.is_temporary,
            key_id=key.id,
            key_made_at=key.made_at,
            title=title,
            raw=raw,
            message_count=draft.message_count,
            file_count=len(files),
            byte_count=len(title)
            + len(raw)
            + sum(len(message.sealed) for message in messages)
            + sum(stored for _row, stored in files),
            created_at=dates.created_at,
            last_activity_at=dates.last_activity_at,
            messages=messages,
            files=tuple(row for row, _stored in files),
        )

    def _messages(self, draft: ConversationDraft, seals: Seals) -> Iterator[MessageRow]:
        for position, node in enumerate(draft.nodes):
            at = node.created_at
            yield MessageRow(
                position=position,
                parent_position=node.parent_position,
                has_message=node.has_message,
                is_on_path=node.is_on_path,
                is_hidden=node.is_hidden,
                role=node.role,
                provenance=node.provenance,
                created_at=at if at is None else self.dating.moved(at),
                sealed=seals.node(position, node.key, node.node),
            )

    def _file(self, draft: FileDraft, seals: Seals) -> tuple[FileRow, int]:
        """The file's row, and how many bytes are stored for it."""
        public_id = ids.new_uuid()
        sealed = seals.file(public_id, draft.description)
        size, blob_id, stored = draft.byte_count, None, len(sealed)
        if draft.member is not None and self.open_member is not None:
            blob_id = ids.new_uuid()
            with self.open_member(draft.member) as member:
                counted = _Counted(member)
                stream = seal_stream(counted, key=seals.key, aad=seals.blob(public_id))
                # Before the row: a blob without a row is found by its age.
                stored += blobs.store().put(blob_id, stream)
            size = counted.size
        row = FileRow(
            public_id=public_id,
            provenance=draft.provenance,
            byte_count=size,
            blob_id=blob_id,
            sealed=sealed,
        )
        return row, stored


class _Counted:
    """The pieces of a file, counted as they pass."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._file.read(_PIECE_BYTES):
            self.size += len(piece)
            yield piece
