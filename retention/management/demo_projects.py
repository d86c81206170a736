"""Gives one member of the demo a shared project with a file, and a few memories."""

from datetime import datetime
from typing import Any

from kit import scoping
from kit.actor import Actor
from workspaces.members import acting
from workspaces.members.models import Membership, User
from workspaces.projects import selectors, services
from workspaces.projects.models import Memory, Project, ShareRight
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef

_OWNER = "jun.takahashi@halden.example"
_COLLEAGUE = "elena.marsh@halden.example"
_PROJECT = ("Harbor pilot", "Answer in short sentences and name your sources.")
_FILE = ("berths.csv", b"berth,length_m\nnorth,180\nsouth,240\n")
_MEMORIES = (
    "Prefers metric units",
    "Works on the harbor pilot with Elena",
    "Wants sources named",
)


def seed(*, workspace: WorkspaceRef, at: datetime) -> None:
    """Adds nothing where the member ever had any, deleted or not."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        member = Membership.objects.get(email=_OWNER)
        if not Project.objects.filter(owner=member).exists():
            _project(workspace, member, at)
        if not Memory.objects.filter(owner=member).exists():
            for text in _MEMORIES:
                services.remember(
                    actor=_acting(workspace, member),
                    workspace=workspace,
                    member=member,
                    text=text,
                    at=at,
                )


def _project(workspace: WorkspaceRef, member: Membership, at: datetime) -> None:
    actor = _acting(workspace, member)
    name, instructions = _PROJECT
    made = services.create(
        actor=actor,
        workspace=workspace,
        member=member,
        name=name,
        instructions=instructions,
        at=at,
    )
    seen = selectors.one(
        member=member, project=made.public_id, workspace=workspace.public_id
    )
    act: dict[str, Any] = {
        "actor": actor,
        "workspace": workspace,
        "member": member,
        "seen": seen,
    }
    services.add_file(**act, name=_FILE[0], content=_FILE[1], at=at)
    colleague = selectors.colleague(email=_COLLEAGUE)
    if colleague is not None:
        services.share(**act, with_whom=colleague, right=ShareRight.USE, at=at)
    found = selectors.conversations_of(member=member, workspace=workspace, at=at)
    for conversation in found.order_by("-last_activity_at", "-id")[:2]:
        services.file_away(**act, conversation=conversation, at=at)


def _acting(workspace: WorkspaceRef, member: Membership) -> Actor:
    user = User.objects.get(pk=member.user_id)
    accesses = tenants.accesses_of(user_id=user.pk)
    access = next(a for a in accesses if a.workspace.id == workspace.id)
    return acting.in_workspace(user=user, access=access)
