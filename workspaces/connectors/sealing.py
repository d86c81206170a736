"""Seals what signs in to connected apps with the workspace's key, bound to its row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit import sealing, vault
from kit.sealing import Sealer
from kit.vault.parents import Parent, Parents
from workspaces.tenancy.models import Workspace

_GRANTS = "workspaces_connectorgrant"
_held = Parents(size=256, seconds=vault.PARENTS_LIVE_SECONDS)


class WorkspaceKeyIsGone(Exception):
    """The key of the workspace was destroyed: nothing of it opens any more."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """The column of the row in which a value lies: it opens nowhere else."""

    table: str
    row: UUID
    column: str

    @property
    def aad(self) -> bytes:
        return sealing.binding(table=self.table, row=self.row, column=self.column)


def secret_of(connector: UUID) -> Place:
    """Where the secret of our client lies."""
    return Place(table="workspaces_connector", row=connector, column="sealed_secret")


def account_of(grant: UUID) -> Place:
    """Where the name of a linked account lies."""
    return Place(table=_GRANTS, row=grant, column="sealed_account")


def verifier_of(attempt: UUID) -> Place:
    """Where the verifier of an attempt lies."""
    return Place(table="workspaces_linkattempt", row=attempt, column="sealed_verifier")


def seal(text: str, *, workspace_id: int, place: Place) -> bytes:
    """One value as it is stored in that place; an empty one stays empty."""
    return _sealer(workspace_id).seal(text.encode(), aad=place.aad) if text else b""


def opened(
    sealed: "bytes | memoryview[int]", *, workspace_id: int, place: Place
) -> str:
    """The value that was sealed into that place."""
    stored = bytes(sealed)
    if not stored:
        return ""
    return _sealer(workspace_id).open(stored, aad=place.aad).decode()


def seal_tokens(tokens: Mapping[str, str], *, workspace_id: int, grant: UUID) -> bytes:
    """The tokens of a grant as they are stored."""
    text = json.dumps(dict(tokens), separators=(",", ":"))
    return seal(text, workspace_id=workspace_id, place=_tokens_of(grant))


def opened_tokens(
    sealed: "bytes | memoryview[int]", *, workspace_id: int, grant: UUID
) -> dict[str, str]:
    """The tokens of a grant; none where they were forgotten."""
    text = opened(sealed, workspace_id=workspace_id, place=_tokens_of(grant))
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def _tokens_of(grant: UUID) -> Place:
    return Place(table=_GRANTS, row=grant, column="sealed_tokens")


def _sealer(workspace_id: int) -> Sealer:
    key_id = _key_id(workspace_id)
    held = _held.get(key_id)
    if held is None:
        read_at = _held.now()
        key = vault.read_keys([key_id]).get(key_id)
        if key is None:
            raise WorkspaceKeyIsGone(str(key_id))
        held = Parent(sealer=Sealer(key), kind=vault.Kind.WORKSPACE)
        _held.hold(key_id, held, read_at=read_at)
    return held.sealer


def _key_id(workspace_id: int) -> UUID:
    """In the scope of the workspace's organization."""
    found: UUID = Workspace.objects.values_list("key_id", flat=True).get(
        pk=workspace_id
    )
    return found
