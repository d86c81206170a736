"""The formats that can be read, and how a file's own format is told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from workspaces.content.formats import chatgpt, jsonl
from workspaces.content.formats.containers import Document
from workspaces.content.formats.drafts import ConversationDraft
from workspaces.content.formats.flaws import Flaw, ImportRefused, Place
from workspaces.content.formats.jsontext import JsonText
from workspaces.content.formats.limits import Limits

_LINE_SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


class Format(StrEnum):
    """The formats of the contract; AUTO looks into each file."""

    AUTO = "auto"
    CHATGPT = "chatgpt"
    OPENWEBUI = "openwebui"
    LIBRECHAT = "librechat"
    CHATBOTUI = "chatbotui"
    CLAUDE = "claude"
    JSONL = "jsonl"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How one format is read, put together again, and shown to a person."""

    read: Callable[[Document, Place, Limits], Iterator[ConversationDraft]]
    compose: Callable[[dict[str, Any], list[tuple[str | None, Any]]], dict[str, Any]]
    text: Callable[[dict[str, Any]], str]


READERS: dict[Format, Reader] = {
    Format.CHATGPT: Reader(
        read=chatgpt.read, compose=chatgpt.compose, text=chatgpt.text
    ),
    Format.JSONL: Reader(read=jsonl.read, compose=jsonl.compose, text=jsonl.text),
}


def read(
    document: Document, *, form: Format, limits: Limits
) -> Iterator[ConversationDraft]:
    """The conversations of a document; ImportRefused names the place of any flaw."""
    place = Place(document.name)
    try:
        known = detect(document, limits=limits) if form is Format.AUTO else form
        yield from reader(known).read(document, place, limits)
    except Flaw as flaw:
        raise ImportRefused(str(flaw), place=str(place)) from None


def reader(form: Format) -> Reader:
    """The reader of a format, or the sentence that it is not there yet."""
    if form not in READERS:
        raise Flaw(
            _("the format “%(name)s” cannot be imported yet.") % {"name": form.value}
        )
    return READERS[form]


def detect(document: Document, *, limits: Limits) -> Format:
    """Which format a document has, told by its name and its first keys.

    What is flawed before that is left to the reader, which names the place.
    """
    if document.name.lower().endswith(_LINE_SUFFIXES):
        return Format.JSONL
    try:
        return _told_by(_first_keys(document, limits))
    except Flaw:
        return Format.CHATGPT


def _first_keys(document: Document, limits: Limits) -> set[str]:
    with document.open() as raw:
        text = JsonText(raw, limits=limits)
        start = text.peek()
        if start == "[":
            first = next(text.elements(), None)
            return set(first) if isinstance(first, dict) else set()
        seen: set[str] = set()
        for key in text.names() if start == "{" else ():
            seen.add(key)
            # Another format's mark may still follow “messages”.
            if _mark(seen) not in (None, Format.JSONL):
                break
            text.value()
        return seen


def _told_by(keys: set[str]) -> Format:
    return _mark(keys) or Format.CHATGPT


def _mark(keys: set[str]) -> Format | None:
    """The format whose marks are among the keys; the order matters."""
    if keys & {"mapping", "conversations"}:
        return Format.CHATGPT
    if "chat_messages" in keys:
        return Format.CLAUDE
    if keys >= {"messages", "conversationId"}:
        return Format.LIBRECHAT
    if keys >= {"version", "history"}:
        return Format.CHATBOTUI
    if keys & {"chat", "history"}:
        return Format.OPENWEBUI
    return Format.JSONL if "messages" in keys else None
