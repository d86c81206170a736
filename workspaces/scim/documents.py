"""Seals what a provider sent about a person with the workspace's key.

Phone numbers, addresses and the like are of no use to the portal beyond giving them
back: they lie in the database sealed, bound to their row.
"""

import json
from functools import lru_cache
from typing import Any
from uuid import UUID

from kit import sealing, vault
from kit.sealing import Sealer
from kit.vault.parents import Parent, Parents
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

_held = Parents(size=256, seconds=vault.PARENTS_LIVE_SECONDS)


class WorkspaceKeyIsGone(Exception):
    """The key of the workspace was destroyed: nothing of it opens any more."""


def sealed(document: dict[str, Any], *, row: UUID, workspace: WorkspaceRef) -> bytes:
    """The document as it is stored in the row of that public id."""
    plain = json.dumps(document, separators=(",", ":")).encode()
    return _sealer(workspace).seal(plain, aad=_place(row))


def opened(
    document: "bytes | memoryview[int]", *, row: UUID, workspace: WorkspaceRef
) -> dict[str, Any]:
    """The document of the row of that public id."""
    plain = _sealer(workspace).open(bytes(document), aad=_place(row))
    found: dict[str, Any] = json.loads(plain)
    return found


def _sealer(workspace: WorkspaceRef) -> Sealer:
    key_id = _key_id(workspace.public_id, workspace.id)
    held = _held.get(key_id)
    if held is None:
        read_at = _held.now()
        key = vault.read_keys([key_id]).get(key_id)
        if key is None:
            raise WorkspaceKeyIsGone(str(key_id))
        held = Parent(sealer=Sealer(key), kind=vault.Kind.WORKSPACE)
        _held.hold(key_id, held, read_at=read_at)
    return held.sealer


@lru_cache(maxsize=1024)
def _key_id(_public_id: UUID, workspace_id: int) -> UUID:
    """A workspace keeps its key; in the scope of its organization."""
    return Workspace.objects.get(pk=workspace_id).key_id


def _place(row: UUID) -> bytes:
    return sealing.binding(table="workspaces_scimresource", row=row, column="document")
