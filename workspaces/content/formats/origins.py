"""Decides how a message or file came in: chat, upload, or which connector."""

import re
from collections.abc import Mapping
from typing import Any

from workspaces.content.formats import fields

CHAT = "chat"
UPLOAD = "upload"
_CONNECTOR = "connector:"
_LONGEST_NAME = 60
_UNSAFE = re.compile(r"[^a-z0-9_-]+")
_GIVEN = re.compile(r"chat|upload|connector:[a-z0-9_-]{1,60}")

# Tools of the chat product itself; what they return belongs to the chat.
_BUILT_IN = frozenset(
    {"bio", "browser", "canmore", "computer", "container", "dalle"}
    | {"image_gen", "memory", "python", "web", "web_search"}
)
# Tools that quote the files a person uploaded.
_UPLOADS = frozenset({"file_search", "myfiles_browser", "retrieval"})
_OWN_DISK = frozenset({"", "library", "local", "upload"})


def connector(name: str) -> str:
    """The provenance of what connector `name` returned."""
    clean = _UNSAFE.sub("-", name.lower()).strip("-")[:_LONGEST_NAME]
    return f"{_CONNECTOR}{clean}" if clean else CHAT


def of_tool(name: str) -> str:
    """The provenance of a tool's message; a dotted name begins with the tool."""
    tool = name.split(".", 1)[0].lower()
    if not tool or tool in _BUILT_IN:
        return CHAT
    return UPLOAD if tool in _UPLOADS else connector(tool)


def of_attachment(attachment: Mapping[str, Any]) -> str:
    """The provenance of a file: uploaded, unless a connector is named as its source."""
    source = fields.text(attachment, "source") or ""
    return UPLOAD if source.lower() in _OWN_DISK else connector(source)


def given(name: str) -> str | None:
    """A provenance that the source itself states, if it is one of ours."""
    return name if _GIVEN.fullmatch(name) else None
