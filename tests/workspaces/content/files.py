"""Makes input files, and reads them the way an import does."""

import gzip
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.launcher.surroundings import BASE_DIR
from workspaces.content.formats import containers, registry
from workspaces.content.formats.containers import Budget
from workspaces.content.formats.drafts import ConversationDraft
from workspaces.content.formats.limits import DEFAULT, Limits
from workspaces.content.formats.registry import Format

SAMPLES = BASE_DIR / "tests" / "data"


def drafts(
    path: Path, *, form: Format = Format.AUTO, limits: Limits = DEFAULT
) -> Iterator[ConversationDraft]:
    """Every conversation of a file."""
    with containers.opened(path, budget=Budget(limits)) as documents:
        for document in documents:
            yield from registry.read(document, form=form, limits=limits)


def conversation(number: int = 1, **more: Any) -> dict[str, Any]:
    """A small ChatGPT conversation: a root, a question and an answer."""
    return {
        "conversation_id": f"c{number}",
        "title": f"Title {number}",
        "create_time": 1_700_000_000 + number,
        "update_time": 1_700_000_100 + number,
        "current_node": "a",
        "mapping": {
            "r": {"id": "r", "parent": None, "children": ["q"], "message": None},
            "q": node("q", "r", ["a"], "user", "How are you?"),
            "a": node("a", "q", [], "assistant", "Well."),
        },
        **more,
    }


def node(
    key: str, parent: str | None, children: list[str], role: str, text: str, **more: Any
) -> dict[str, Any]:
    """A node with a text message."""
    message = {
        "id": key,
        "author": {"role": role},
        "create_time": 1_700_000_050,
        "content": {"content_type": "text", "parts": [text]},
        **more,
    }
    return {"id": key, "parent": parent, "children": children, "message": message}


def write_json(path: Path, value: Any) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(value))
    return path


def write_lines(path: Path, *items: Any) -> Path:
    """A JSONL file."""
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    return path


def write_zip(path: Path, **members: str | bytes) -> Path:
    """An archive; names are given with __ for a dot and ___ for a slash."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("___", "/").replace("__", "."), content)
    return path


def write_gzip(path: Path, *pieces: bytes) -> Path:
    """A gzip file."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for piece in pieces:
            file.write(piece)
    return path
