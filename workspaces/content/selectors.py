"""Reads stored content for whoever was already allowed to: it opens what is sealed.

Which conversations a person may see (deleted, expired) is decided in
`retention.conversations`; here only unfinished imports are left out.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from kit import blobs, vault
from kit.refusals import Refused
from kit.sealed_streams import open_stream
from workspaces.content.formats.registry import READERS, Format
from workspaces.content.models import Conversation, File, Message
from workspaces.content.storage import Seals


class ContentIsGone(Refused):
    """The key of a conversation was destroyed: nobody can read it any more."""


class NoBytes(Refused):
    """The import brought the name of a file, but not the file."""


@dataclass(frozen=True, kw_only=True)
class ReadNode:
    """One opened node; `text` is what a reader sees, `node` all that was stored."""

    position: int
    parent_position: int | None
    has_message: bool
    is_on_path: bool
    is_hidden: bool
    role: str
    provenance: str
    created_at: datetime | None
    key: str | None
    node: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ReadFile:
    """One opened file; `name` is as the source had it."""

    public_id: UUID
    provenance: str
    byte_count: int
    has_bytes: bool
    name: str = field(repr=False)
    description: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ReadConversation:
    """One opened conversation with every node, off-path and hidden ones included."""

    source: str
    title: str = field(repr=False)
    raw: dict[str, Any] = field(repr=False)
    nodes: tuple[ReadNode, ...] = field(repr=False)
    files: tuple[ReadFile, ...] = field(repr=False)

    @property
    def shown(self) -> tuple[ReadNode, ...]:
        """The messages that the chat product itself would show, in order."""
        return tuple(
            node
            for node in self.nodes
            if node.has_message and node.is_on_path and not node.is_hidden
        )

    def as_source(self) -> dict[str, Any]:
        """The conversation in its source's own form, as it was imported."""
        nodes = [(node.key, node.node) for node in self.nodes]
        return READERS[Format(self.source)].compose(self.raw, nodes)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What lies in a workspace, from counters that the writers keep."""

    conversations: int
    messages: int
    files: int
    bytes: int


def imported() -> QuerySet[Conversation]:
    """The conversations of the open scope, unfinished imports left out."""
    return Conversation.objects.filter(staged_by__isnull=True)


def stored() -> Stored:
    """How much lies in the workspace whose scope is open."""
    found = imported().aggregate(
        conversations=Count("id"),
        messages=Sum("message_count", default=0),
        files=Sum("file_count", default=0),
        bytes=Sum("byte_count", default=0),
    )
    return Stored(**found)


def open_titles(
    *, conversations: Collection[Conversation], workspace: UUID
) -> dict[int, str]:
    """The titles of a page of rows by their ids, with one question to the vault.

    A row whose key was destroyed is left out.
    """
    keys = vault.read_keys({row.key_id for row in conversations})
    return {
        row.pk: _seals(row, keys[row.key_id], workspace).open_title(row.title)
        for row in conversations
        if row.key_id in keys
    }


def read(*, conversation: Conversation, workspace: UUID) -> ReadConversation:
    """One conversation opened, or ContentIsGone."""
    seals = _opened(conversation, workspace)
    messages = Message.objects.filter(conversation_id=conversation.pk)
    files = File.objects.filter(conversation_id=conversation.pk)
    return ReadConversation(
        source=conversation.source,
        title=seals.open_title(conversation.title),
        raw=seals.open_raw(conversation.raw),
        nodes=tuple(
            _node(message, conversation.source, seals)
            for message in messages.order_by("position")
        ),
        files=tuple(_file(file, seals) for file in files.order_by("id")),
    )


def read_bytes(
    *, file: File, conversation: Conversation, workspace: UUID
) -> Iterator[bytes]:
    """The bytes of a file in pieces; only the normal end says that it was all."""
    if file.blob_id is None:
        raise NoBytes(_("Only the name of this file was imported, not the file."))
    seals = _opened(conversation, workspace)
    sealed = blobs.store().open(file.blob_id)
    return open_stream(sealed, key=seals.key, aad=seals.blob(file.public_id))


def _opened(conversation: Conversation, workspace: UUID) -> Seals:
    key = vault.read_keys([conversation.key_id]).get(conversation.key_id)
    if key is None:
        raise ContentIsGone(
            _("The key of this conversation was destroyed; nobody can read it.")
        )
    return _seals(conversation, key, workspace)


def _seals(conversation: Conversation, key: bytes, workspace: UUID) -> Seals:
    return Seals(key, workspace=workspace, conversation=conversation.public_id)


def _node(message: Message, source: str, seals: Seals) -> ReadNode:
    key, node = seals.open_node(message.position, message.sealed)
    return ReadNode(
        position=message.position,
        parent_position=message.parent_position,
        has_message=message.has_message,
        is_on_path=message.is_on_path,
        is_hidden=message.is_hidden,
        role=message.role,
        provenance=message.provenance,
        created_at=message.created_at,
        key=key,
        node=node,
        text=READERS[Format(source)].text(node),
    )


def _file(file: File, seals: Seals) -> ReadFile:
    description = seals.open_file(file.public_id, file.sealed)
    name = description.get("name")
    return ReadFile(
        public_id=file.public_id,
        provenance=file.provenance,
        byte_count=file.byte_count,
        has_bytes=file.blob_id is not None,
        name=name if isinstance(name, str) else "",
        description=description,
    )
