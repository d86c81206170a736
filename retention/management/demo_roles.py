"""Gives the demo groups, custom roles and a baseline of its own, as an owner would."""

from datetime import datetime
from typing import Any

from kit import scoping
from kit.actor import Actor
from workspaces.access import rules, selectors, services
from workspaces.access.features import Feature, Value
from workspaces.access.models import CustomRole
from workspaces.groups import services as groups
from workspaces.groups.models import Group, Source
from workspaces.groups.rules import fold
from workspaces.groups.storage import Subject
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

_F = Feature
_BASELINE: dict[Feature, Value] = {_F.CONNECTORS_USE: "on", _F.GPTS_CONNECTORS: "on"}
_GROUPS = {
    "Research": ("jun.takahashi", "lucia.ferrer", "kenji.mori", "sofia.brandt"),
    "Contractors": ("pavel.dvorak", "tariq.aziz", "zoe.carter"),
}
# Name, purpose, what it says, what it grants, and the groups or people who have it.
_ROLES: tuple[
    tuple[str, str, dict[Feature, Value], frozenset[str], tuple[str, ...]], ...
] = (
    (
        "Researchers",
        "Share results by link, and GPTs with anyone who has the link",
        {_F.LINK_SHARING: "on", _F.GPTS_SHARE: "anyone_with_link"},
        frozenset(),
        ("Research",),
    ),
    (
        "Contractors",
        "People of other companies: nothing leaves, nothing is searched",
        {_F.WEB_SEARCH: "off", _F.FILE_UPLOAD: "off", _F.GPTS_SHARE: "invite_only"},
        frozenset(),
        ("Contractors",),
    ),
    (
        "Records reviewers",
        "Look at holds and at the audit log, change nothing",
        {},
        frozenset({"holds.view", "audit.view"}),
        ("rosa.lindgren",),
    ),
)


def seed(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> None:
    """Makes them once; what a visitor has changed since stays as it is."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        if CustomRole.objects.exists():
            return
        for name, people in _GROUPS.items():
            _group(actor, workspace, name, people, at)
        state = selectors.state(workspace=workspace)
        if not selectors.set_features():
            services.set_baseline(
                actor=actor,
                workspace=workspace,
                values=_BASELINE,
                seen=rules.mark(state.baseline),
                at=at,
            )
        for role in _ROLES:
            _role(actor, workspace, role, at)


def _group(
    actor: Actor,
    workspace: WorkspaceRef,
    name: str,
    people: tuple[str, ...],
    at: datetime,
) -> None:
    if Group.objects.filter(folded_name=fold(name)).exists():
        return
    subjects = tuple(
        Subject(id=one.public_id, membership_id=one.pk) for one in _members(people)
    )
    groups.create(
        actor=actor,
        workspace=workspace,
        name=name,
        members=groups.MemberChange(adds=subjects),
        source=Source.PORTAL,
        may_own=False,
        at=at,
    )


def _role(
    actor: Actor,
    workspace: WorkspaceRef,
    wanted: tuple[str, str, dict[Feature, Value], frozenset[str], tuple[str, ...]],
    at: datetime,
) -> None:
    name, purpose, said, grants, holders = wanted
    made = services.create(
        actor=actor, workspace=workspace, name=name, purpose=purpose, at=at
    )
    here: dict[str, Any] = {
        "actor": actor,
        "workspace": workspace,
        "role": made.public_id,
        "at": at,
    }
    services.set_role(**here, values=said, grants=grants, seen=rules.mark({}))
    for group in Group.objects.filter(folded_name__in=[fold(one) for one in holders]):
        services.assign_to_group(**here, group=group.public_id)
    for member in _members(holders):
        services.assign_to_member(**here, member=member.public_id)


def _members(people: tuple[str, ...]) -> list[Membership]:
    """Who is in under one of these names."""
    found = Membership.objects.filter(status="active").order_by("id")
    return [one for one in found if one.email.partition("@")[0] in people]
