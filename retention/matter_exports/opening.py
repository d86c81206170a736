"""Opens one object of each kind as files of an archive: a description, and its bytes.

What is sealed is opened here and goes nowhere but into the sealed parts. An object
whose key is destroyed is described and said to be unreadable, not left out in silence.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from kit import blobs
from kit.blobs import BlobMissing
from kit.sealed_streams import open_stream, plain_size
from retention.holds import coverage
from retention.matter_exports.archive import Item, whole
from workspaces.content import selectors as content
from workspaces.content.models import Conversation, File
from workspaces.gpts.models import Gpt, GptFile, GptReview, GptVersion
from workspaces.gpts.selectors import files as gpt_files
from workspaces.gpts.selectors import reading as gpts
from workspaces.members import selectors as members
from workspaces.projects.models import Memory, Project, ProjectFile
from workspaces.projects.storage import Seal, seals_of
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One object as files: its description first, then the bytes that hang on it."""

    public_id: str
    items: tuple[Item, ...]
    is_unreadable: bool = False

    @property
    def files(self) -> int:
        """How many files beside the description."""
        return len(self.items) - 1


Content = tuple[dict[str, Any], list[Item]]
_Opener = Callable[[Any, WorkspaceRef], Content]


class KeyIsGone(Exception):
    """The key of an object was destroyed: nobody can read it any more."""


def open_one(*, kind: str, pk: int, workspace: WorkspaceRef) -> Opened | None:
    """The object, in the open scope; None where it is not stored any more."""
    model, opener = _OPENERS[kind]
    row = model._default_manager.filter(pk=pk).first()
    if row is None:
        return None
    described = _described(kind, row)
    try:
        words, items = opener(row, workspace)
    except (KeyIsGone, content.ContentIsGone, gpts.UnreadableGpt):
        words, items = {"unreadable": "its key is destroyed"}, []
    path = f"{kind}/{row.public_id}.json"
    document = json.dumps({**described, **words}, indent=1, default=str).encode()
    return Opened(
        public_id=str(row.public_id),
        items=(whole(path, document), *items),
        is_unreadable="unreadable" in words,
    )


def kinds() -> frozenset[str]:
    """The kinds that can be opened; a test compares them with what holds cover."""
    return frozenset(_OPENERS)


def _described(kind: str, row: Any) -> dict[str, Any]:
    owner = members.by_id(ids={row.owner_id}).get(row.owner_id)
    moments = ("created_at", "last_activity_at", "changed_at", "updated_at")
    found = {
        name: getattr(row, name).isoformat() for name in moments if hasattr(row, name)
    }
    return {
        "kind": kind,
        "id": str(row.public_id),
        "owner": {"name": owner.name, "email": owner.email} if owner else None,
        "plan_written": row.plan_written,
        **found,
        "deleted_at": row.deleted_at.isoformat() if row.deleted_at else None,
    }


def _conversation(row: Conversation, workspace: WorkspaceRef) -> Content:
    read = content.read(conversation=row, workspace=workspace.public_id)
    opened = {file.public_id: file for file in read.files}
    files, items = [], []
    for file in File.objects.filter(conversation_id=row.pk).order_by("id"):
        path = f"{coverage.CONVERSATIONS}/{row.public_id}/{file.public_id}"
        item = _with_bytes(
            path, file.byte_count, partial(_bytes_of, file, row, workspace)
        )
        described = opened[file.public_id].description
        files.append({"id": str(file.public_id), "path": _path(item), **described})
        items += [item] if item else []
    words = {
        "title": read.title,
        "source": read.source,
        "is_temporary": row.is_temporary,
        "raw": read.raw,
        "messages": [_message(node) for node in read.nodes],
        "files": files,
    }
    return words, items


def _bytes_of(
    file: File, row: Conversation, workspace: WorkspaceRef
) -> Iterator[bytes]:
    if file.blob_id is None:
        raise BlobMissing
    return content.read_bytes(
        file=file, conversation=row, workspace=workspace.public_id
    )


def _message(node: content.ReadNode) -> dict[str, Any]:
    return {
        "position": node.position,
        "parent": node.parent_position,
        "role": node.role,
        "created_at": node.created_at.isoformat() if node.created_at else None,
        "is_on_path": node.is_on_path,
        "is_hidden": node.is_hidden,
        "text": node.text,
        "node": node.node,
    }


def _memory(row: Memory, workspace: WorkspaceRef) -> Content:
    seal = _seal(row, "workspaces_memory", workspace)
    return {"text": seal.open_text("sealed", row.sealed)}, []


def _project(row: Project, workspace: WorkspaceRef) -> Content:
    seal = _seal(row, "workspaces_project", workspace)
    words = {
        "name": seal.open_text("name", row.name),
        "instructions": seal.open_text("instructions", row.instructions),
    }
    return words, []


def _project_file(row: ProjectFile, workspace: WorkspaceRef) -> Content:
    seal = _seal(row, "workspaces_projectfile", workspace)
    item = _with_bytes(
        f"project_files/{row.public_id}/{row.public_id}",
        row.size,
        partial(_stream, row.blob_id, seal.key, seal.blob()),
    )
    project = Project.objects.filter(pk=row.project_id).first()
    words = {
        **seal.open_words("sealed", row.sealed),
        "project": str(project.public_id) if project else None,
        "path": _path(item),
    }
    return words, [item] if item else []


def _gpt(row: Gpt, _workspace: WorkspaceRef) -> Content:
    seals = gpts.seals_of(row)
    versions = GptVersion.objects.filter(gpt_id=row.pk).order_by("number")
    reviews = GptReview.objects.filter(gpt_id=row.pk, reason__isnull=False)
    words = {
        "versions": [_version(one, seals) for one in versions],
        "reviews": [
            {"number": one.number, "reason": gpts.reason_of(gpt=row, review=one)}
            for one in reviews.order_by("id")
        ],
    }
    return words, []


def _gpt_file(row: GptFile, _workspace: WorkspaceRef) -> Content:
    gpt = Gpt.objects.get(pk=row.gpt_id)
    seals = gpt_files.seals_of_files([row], {gpt.pk: gpt}).get(row.pk)
    if seals is None:
        raise KeyIsGone
    item = _with_bytes(
        f"gpt_files/{row.public_id}/{row.public_id}",
        plain_size(row.byte_count),
        partial(_stream, row.blob_id, seals.key, seals.blob(row.public_id)),
    )
    words = {
        **seals.open_file(row.public_id, row.sealed),
        "gpt": str(gpt.public_id),
        "path": _path(item),
    }
    return words, [item] if item else []


def _version(one: GptVersion, seals: Any) -> dict[str, Any]:
    author = members.by_id(ids={one.author_id}).get(one.author_id)
    return {
        "number": one.number,
        "author": author.email if author else None,
        "created_at": one.created_at.isoformat(),
        "files": one.file_ids,
        "summary": seals.open_version(one.number, "summary", one.summary),
        "config": seals.open_version(one.number, "config", one.config),
    }


def _seal(row: Any, table: str, workspace: WorkspaceRef) -> Seal:
    found = seals_of([row], table=table, workspace=workspace.public_id)
    if row.pk not in found:
        raise KeyIsGone
    return found[row.pk]


def _stream(blob: UUID, key: bytes, place: bytes) -> Iterator[bytes]:
    return open_stream(blobs.store().open(blob), key=key, aad=place)


def _with_bytes(
    path: str, size: int, opened: Callable[[], Iterator[bytes]]
) -> Item | None:
    """The bytes of a file; None where only its description is stored."""
    try:
        return Item(path=path, size=size, pieces=opened())
    except BlobMissing:
        return None


def _path(item: Item | None) -> str | None:
    return item.path if item else None


_OPENERS: Mapping[str, tuple[Any, _Opener]] = {
    coverage.CONVERSATIONS: (Conversation, _conversation),
    "memories": (Memory, _memory),
    "projects": (Project, _project),
    "project_files": (ProjectFile, _project_file),
    "gpts": (Gpt, _gpt),
    "gpt_files": (GptFile, _gpt_file),
}
