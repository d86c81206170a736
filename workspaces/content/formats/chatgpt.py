"""Reads ChatGPT data exports: trees of nodes, in every shape met in real files."""

from collections.abc import Iterator
from typing import Any

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
from workspaces.content.formats.jsontext import JsonText
from workspaces.content.formats.limits import Limits

SOURCE = "chatgpt"
_MARKS = frozenset(
    ("mapping", "conversation_id", "current_node", "create_time", "title", "id")
)
_HIDDEN_TYPES = frozenset(
    (
        "model_editable_context",
        "reasoning_recap",
        "thoughts",
        "user_editable_context",
    )
)
_TEXT_KEYS = ("text", "result", "content")
_SHOWN_CHANNELS = (None, "", "final")
_TO_EVERYONE = (None, "", "all")
_LONGEST_ROLE = 20


def read(document: Document, place: Place, limits: Limits) -> Iterator[Any]:
    """The conversations of one document."""
    with document.open() as raw:
        for item in _conversations(JsonText(raw, limits=limits), place):
            yield draft(item, document=document, place=place)


def draft(item: Any, *, document: Document, place: Place) -> ConversationDraft:
    """One conversation object, checked and arranged."""
    if type(item) is not dict or not _MARKS & item.keys():
        raise Flaw(_("this is not a conversation."))
    nodes, damage = _nodes(item, place)
    place.part = ""
    created_at = fields.moment(item, "create_time")
    times = [created_at, fields.moment(item, "update_time")]
    times += [moment for node in nodes for moment in _times(node)]
    known = [moment for moment in times if moment is not None]
    is_tree = bool(nodes)
    return ConversationDraft(
        place=str(place),
        source=SOURCE,
        external_id=fields.identifier(item, "conversation_id", "id"),
        owner_email=document.owner_email,
        title=fields.text(item, "title") or "",
        raw={k: v for k, v in item.items() if k != "mapping"} if is_tree else item,
        created_at=created_at or min(known, default=None),
        last_activity_at=max(known, default=None),
        is_temporary=fields.flag(item, "is_temporary_chat"),
        nodes=nodes,
        files=_files(nodes, document),
        damage=damage,
    )


def compose(raw: dict[str, Any], nodes: list[tuple[str | None, Any]]) -> dict[str, Any]:
    """The conversation object that `draft` took apart."""
    return {**raw, "mapping": dict(nodes)} if nodes else raw


def text(node: dict[str, Any]) -> str:
    """What a reader sees of a node; parts that are no text are left out."""
    message = node.get("message") or {}
    content = message.get("content")
    if type(content) is not dict:
        return ""
    given = content.get("parts") or [content.get(key) for key in _TEXT_KEYS]
    texts = [_part(part) for part in given] if type(given) is list else []
    return "\n\n".join(part for part in texts if part)


def _part(part: Any) -> str:
    """A part is a text, or an object that may carry one (a transcription)."""
    inner = part.get("text") if type(part) is dict else part
    return inner if type(inner) is str else ""


def _conversations(text: JsonText, place: Place) -> Iterator[Any]:
    if text.peek() == "[":
        yield from _numbered(text.elements(), place)
    elif text.peek() == "{":
        yield from _of_object(text, place)
    else:
        raise Flaw(_("this is not a chat export."))
    place.next()
    text.end()


def _numbered(items: Iterator[Any], place: Place) -> Iterator[Any]:
    place.next()
    for item in items:
        yield item
        place.next()


def _of_object(text: JsonText, place: Place) -> Iterator[Any]:
    """`{"conversations": […]}`, named conversations, or one conversation itself."""
    rest: dict[str, Any] = {}
    has_some = False
    for key in text.names():
        if key == "conversations" and text.peek() == "[":
            has_some = True
            yield from _numbered(text.elements(), place)
            continue
        value = text.value()
        if key != "mapping" and type(value) is dict and _MARKS & value.keys():
            has_some = True
            place.next()
            yield value
        else:
            rest[key] = value
    if _MARKS & rest.keys() or not has_some:
        place.next()
        yield rest


def _nodes(
    item: dict[str, Any], place: Place
) -> tuple[tuple[NodeDraft, ...], frozenset[tree.Damage]]:
    nodes = fields.mapping(item, "mapping")
    if nodes is None:
        return (), frozenset({tree.Damage.NO_TREE})
    links = {}
    for number, (key, node) in enumerate(nodes.items(), start=1):
        place.part = f"node {number:,}"
        links[key] = _link(node)
    place.part = ""
    arranged = tree.arrange(links=links, current=fields.text(item, "current_node"))
    drafts = tuple(
        _node(key, nodes[key], parent, links[key], is_on_path=at in arranged.path)
        for at, (key, parent) in enumerate(
            zip(arranged.keys, arranged.parents, strict=True)
        )
    )
    return drafts, arranged.damage


def _link(node: Any) -> tree.Link:
    if type(node) is not dict:
        raise Flaw(_("it should be an object."))
    message = fields.mapping(node, "message") or {}
    return tree.Link(
        parent=fields.text(node, "parent"),
        names_parent="parent" in node,
        children=fields.texts(node, "children"),
        at=fields.moment(message, "create_time"),
    )


def _node(
    key: str,
    node: dict[str, Any],
    parent_position: int | None,
    link: tree.Link,
    *,
    is_on_path: bool,
) -> NodeDraft:
    message = node.get("message")
    author = fields.mapping(message, "author") or {} if message else {}
    role = (fields.text(author, "role") or "") if author else ""
    tool = (fields.text(author, "name") or "") if role == "tool" else ""
    return NodeDraft(
        key=key,
        node=node,
        parent_position=parent_position,
        has_message=message is not None,
        is_on_path=is_on_path,
        is_hidden=message is not None and _is_hidden(message, role),
        role=role if len(role) <= _LONGEST_ROLE else "other",
        provenance=origins.of_tool(tool),
        created_at=link.at,
    )


def _is_hidden(message: dict[str, Any], role: str) -> bool:
    """Whether ChatGPT would not show the message; it is content all the same."""
    metadata = fields.mapping(message, "metadata") or {}
    content = fields.mapping(message, "content") or {}
    return (
        role == "system"
        or fields.flag(metadata, "is_visually_hidden_from_conversation")
        or message.get("weight") in (0, 0.0)
        or content.get("content_type") in _HIDDEN_TYPES
        or message.get("recipient") not in _TO_EVERYONE
        or message.get("channel") not in _SHOWN_CHANNELS
    )


def _times(node: NodeDraft) -> Iterator[Any]:
    yield node.created_at
    if node.has_message:
        yield fields.moment(node.node["message"], "update_time")


def _files(nodes: tuple[NodeDraft, ...], document: Document) -> tuple[FileDraft, ...]:
    """Attachments and parts of all nodes, each file once: most are named twice."""
    found: dict[str, FileDraft] = {}
    for node in nodes:
        if not node.has_message:
            continue
        message = node.node["message"]
        metadata = fields.mapping(message, "metadata") or {}
        for attachment in fields.mappings(metadata, "attachments"):
            name = fields.identifier(attachment, "id") or f"#{len(found)}"
            found[name] = FileDraft(
                description=attachment,
                provenance=origins.of_attachment(attachment),
                byte_count=fields.count(attachment, "size"),
                member=document.members.get(name),
            )
        for name, part in _pointers(message):
            origin = origins.UPLOAD if node.role == "user" else node.provenance
            pointed = FileDraft(
                description=part,
                provenance=origin,
                byte_count=fields.count(part, "size_bytes"),
                member=document.members.get(name),
            )
            found.setdefault(name, pointed)
    return tuple(found.values())


def _pointers(message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """File ids in the parts of a message; an audio pointer can wrap another."""
    content = fields.mapping(message, "content") or {}
    parts = content.get("parts")
    waiting = [part for part in parts if type(part) is dict] if parts else []
    while waiting:
        part = waiting.pop(0)
        pointer = part.get("asset_pointer")
        if type(pointer) is str:
            yield pointer.rpartition("://")[2].partition("#")[0], part
        inner = part.get("audio_asset_pointer")
        if type(inner) is dict:
            waiting.append(inner)
