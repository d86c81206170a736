"""Reads the generic format: one conversation a line, its messages in order.

    {"id": …, "title"?, "messages": [{"role" or "author", "text", "ts"?, …}],
     "owner"?, "created_at"?, "updated_at"?, "is_temporary"?, …}

A JSON array of such objects is read too. Unknown keys are kept.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from workspaces.content import tree
from workspaces.content.formats import fields, origins
from workspaces.content.formats.containers import Document
from workspaces.content.formats.drafts import (
    ConversationDraft,
    FileDraft,
    NodeDraft,
)
from workspaces.content.formats.flaws import Flaw, Place
from workspaces.content.formats.jsontext import JsonText, not_json, parse, too_long
from workspaces.content.formats.limits import Limits

SOURCE = "jsonl"
_TIME_KEYS = ("ts", "created_at", "timestamp", "create_time")
_LONGEST_ROLE = 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read(document: Document, place: Place, limits: Limits) -> Iterator[Any]:
    """The conversations of one document."""
    with document.open() as raw:
        for item in _items(raw, place, limits):
            yield draft(item, document=document, place=place)


def draft(item: Any, *, document: Document, place: Place) -> ConversationDraft:
    """One conversation object, checked."""
    if type(item) is not dict or "messages" not in item:
        raise Flaw(_("this is not a conversation with “messages”."))
    messages = fields.mappings(item, "messages")
    nodes = tuple(
        _node(message, parent, place, at)
        for at, (message, parent) in enumerate(
            zip(messages, tree.chain(len(messages)), strict=True)
        )
    )
    place.part = ""
    created_at = fields.moment(item, "created_at", "create_time")
    times = [created_at, fields.moment(item, "updated_at", "update_time")]
    known = [at for at in (*times, *(node.created_at for node in nodes)) if at]
    return ConversationDraft(
        place=str(place),
        source=SOURCE,
        external_id=fields.identifier(item, "id", "conversation_id"),
        owner_email=fields.text(item, "owner") or document.owner_email,
        title=fields.text(item, "title") or "",
        raw={key: value for key, value in item.items() if key != "messages"},
        created_at=created_at or min(known, default=None),
        last_activity_at=max(known, default=None),
        is_temporary=fields.flag(item, "is_temporary"),
        nodes=nodes,
        files=_files(messages, document),
        damage=frozenset(),
    )


def compose(raw: dict[str, Any], nodes: list[tuple[str | None, Any]]) -> dict[str, Any]:
    """The conversation object that `draft` took apart."""
    return {**raw, "messages": [message for _key, message in nodes]}


def text(node: dict[str, Any]) -> str:
    """What a reader sees of a message."""
    given = node.get("text", node.get("content"))
    return given if type(given) is str else ""


def _items(raw: BinaryIO, place: Place, limits: Limits) -> Iterator[Any]:
    if _first_byte(raw) == b"[":
        text = JsonText(raw, limits=limits)
        place.next()
        for item in text.elements():
            yield item
            place.next()
        text.end()
        return
    place.unit = "line"
    while line := raw.readline(limits.conversation_chars + 1):
        place.next()
        if len(line) > limits.conversation_chars:
            raise too_long(limits)
        if content := line.removeprefix(_BYTE_ORDER_MARK).strip():
            yield _line(content, limits)


def _line(line: bytes, limits: Limits) -> Any:
    try:
        text = line.decode()
        value, end = parse(text, 0, limits=limits)
    except UnicodeDecodeError:
        raise Flaw(_("the text is not UTF-8.")) from None
    except json.JSONDecodeError as error:
        at = error.pos
    else:
        if end == len(text):
            return value
        at = end
    raise not_json(at)


def _first_byte(raw: BinaryIO) -> bytes:
    start = raw.peek(64)[:64]  # type: ignore[attr-defined]
    return bytes(start.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1])


def _node(
    message: dict[str, Any], parent_position: int | None, place: Place, at: int
) -> NodeDraft:
    place.part = f"message {at + 1:,}"
    role = fields.text(message, "role")
    return NodeDraft(
        key=None,
        node=message,
        parent_position=parent_position,
        has_message=True,
        is_on_path=True,
        is_hidden=fields.flag(message, "is_hidden"),
        role=_role(role, message),
        provenance=_provenance(message, role),
        created_at=_sent_at(message),
    )


def _role(role: str | None, message: dict[str, Any]) -> str:
    """The role; a message with an author and no role was written by a person."""
    if role is None:
        return "user" if fields.text(message, "author") else "other"
    return role if len(role) <= _LONGEST_ROLE else "other"


def _provenance(message: dict[str, Any], role: str | None) -> str:
    """Stated by the source, or from the connector whose answer the message gives."""
    stated = fields.text(message, "provenance")
    if stated is not None:
        known = origins.given(stated)
        if known is None:
            raise Flaw(_("“provenance” should be chat, upload or connector:name."))
        return known
    if role == "tool":
        return origins.of_tool(fields.text(message, "name") or "")
    if "tool_calls" in message:
        for call in fields.mappings(message, "tool_calls"):
            if service := fields.text(call, "service"):
                return origins.connector(service)
    return origins.CHAT


def _sent_at(message: dict[str, Any]) -> datetime | None:
    return fields.moment(message, *_TIME_KEYS)


def _files(messages: list[dict[str, Any]], document: Document) -> tuple[FileDraft, ...]:
    found: dict[str, FileDraft] = {}
    for message in messages:
        if "attachments" not in message:
            continue
        for attachment in fields.mappings(message, "attachments"):
            name = fields.identifier(attachment, "id") or f"#{len(found)}"
            found.setdefault(
                name,
                FileDraft(
                    description=attachment,
                    provenance=origins.of_attachment(attachment),
                    byte_count=fields.count(attachment, "size"),
                    member=document.members.get(name),
                ),
            )
    return tuple(found.values())
