"""Writes a matter's sealed text and the rows that say what its hold covers."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from kit import scoping
from kit.sealing import binding, seal
from retention.holds.matters import EVERYTHING, Narrowing, Text
from retention.holds.models import COLUMNS, NARROWED, Hold, HoldScope, ScopeKind
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef


def scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    """The scope of one workspace, with a transaction."""
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def sealed(text: Text, *, row: UUID) -> dict[str, bytes | None]:
    """The columns of a matter's text; None where nothing is written."""
    key = tenants.organization_key()
    words = {
        "matter": text.name,
        "reference": text.reference,
        "description": text.description,
    }
    return {
        column: seal(
            word.encode(),
            key=key,
            aad=binding(table="retention_hold", row=row, column=column),
        )
        if word
        else None
        for column, word in words.items()
    }


def sealed_reason(reason: str, *, table: str, row: UUID) -> bytes:
    """A reason that somebody wrote, for the row that keeps it."""
    return seal(
        reason.encode(),
        key=tenants.organization_key(),
        aad=binding(table=table, row=row, column="reason"),
    )


def store_scopes(
    hold: Hold,
    named: Sequence[tuple[str, int]],
    narrowing: Narrowing,
    *,
    at: datetime,
) -> None:
    """One row for each thing; kinds and dates narrow members and projects only."""
    HoldScope.objects.bulk_create(
        HoldScope(
            workspace_id=hold.workspace_id,
            hold=hold,
            placed_at=at,
            **{f"{COLUMNS[ScopeKind(kind)]}_id": object_id},
            kind=kind,
            **_narrowed(kind, narrowing),
        )
        for kind, object_id in named
    )


def _narrowed(kind: str, narrowing: Narrowing) -> dict[str, object]:
    found = asdict(narrowing if kind in NARROWED else EVERYTHING)
    kinds = found["content_kinds"]
    return {**found, "content_kinds": list(kinds) if kinds else None}
