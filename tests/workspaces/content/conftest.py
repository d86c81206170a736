"""A workspace with three members, and the import as most tests ask for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kit import scoping
from kit.actor import Actor
from workspaces.content import services
from workspaces.content.services import ImportOptions, ImportResult
from workspaces.members.services import founding, membership
from workspaces.tenancy.selectors import WorkspaceRef

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MEMBERS = ("ada@halden.example", "ben@halden.example", "cleo@halden.example")
Importer = Callable[..., ImportResult]


@pytest.fixture
def workspace(db: None) -> WorkspaceRef:
    """Halden's workspace with Ada, its owner, Ben and Cleo."""
    operator = Actor.operator()
    organization = founding.create_organization(
        actor=operator, slug="halden", name="Halden", owner_email=MEMBERS[0], at=NOON
    )
    made = founding.create_workspace(
        actor=operator,
        organization=organization,
        slug="harbor",
        name="Harbor",
        plan="enterprise",
        at=NOON,
    )
    for email in MEMBERS[1:]:
        membership.add(
            actor=operator, workspace=made, email=email, role="member", at=NOON
        )
    return made


@pytest.fixture
def import_files(workspace: WorkspaceRef) -> Importer:
    """Imports files into the workspace, owned by its three members."""

    def run(*files: Path, at: datetime = NOON, **options: Any) -> ImportResult:
        options.setdefault("assign_owners", MEMBERS)
        return services.import_conversations(
            actor=Actor.operator(),
            workspace=workspace,
            files=files,
            options=ImportOptions(**options),
            at=at,
        )

    return run


@pytest.fixture
def scope(workspace: WorkspaceRef) -> Any:
    """Opens the workspace."""
    return lambda: scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
