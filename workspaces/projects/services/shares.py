"""Shares projects with members and groups of the workspace, and ends shares."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit.actor import Actor
from kit.departures import Leaver
from kit.refusals import Refused
from workspaces.access.features import Feature
from workspaces.groups.models import Group
from workspaces.members.models import Membership
from workspaces.projects import limits
from workspaces.projects.models import Project, ProjectShare, ShareRight
from workspaces.projects.selectors import Seen
from workspaces.projects.services.keeping import (
    NotAllowed,
    TooMany,
    demand_feature,
)
from workspaces.tenancy.selectors import WorkspaceRef


class CannotShare(Refused):
    """A project is shared with other members and with groups that may be found."""

    status = 400


def share(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    seen: Seen,
    with_whom: Membership | Group,
    right: ShareRight,
    at: datetime,
) -> ProjectShare:
    """Lets a member or a group see a project; sharing again changes the right."""
    _demand_own(actor, member, seen)
    demand_feature(actor, member, Feature.PROJECTS_USE)
    demand_feature(actor, member, Feature.PROJECTS_SHARE)
    _demand_sharable(with_whom, member)
    Project.objects.select_for_update(no_key=True).get(pk=seen.row.pk)
    shares = ProjectShare.objects.filter(project=seen.row)
    who = _named(with_whom)
    before = shares.filter(**who).first()
    if before is None and shares.count() >= limits.SHARES_OF_PROJECT:
        raise TooMany(_("A project may have %s shares.") % limits.SHARES_OF_PROJECT)
    made, _is_new = ProjectShare.objects.update_or_create(
        workspace_id=workspace.id,
        project=seen.row,
        **who,
        defaults={"right": right, "shared_at": at},
    )
    _record(
        actor,
        workspace,
        seen,
        with_whom,
        (before.right if before else None, right.value),
        at=at,
    )
    return made


def unshare(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    seen: Seen,
    share: UUID,
    at: datetime,
) -> None:
    """Ends a share at once; conversations that were put there stay their members'."""
    _demand_own(actor, member, seen)
    found = (
        ProjectShare.objects.select_related("membership", "group")
        .filter(project=seen.row, public_id=share)
        .first()
    )
    if found is None:
        raise CannotShare(_("This share has ended already."))
    with_whom = found.membership or found.group
    assert with_whom is not None  # the table's own rule
    found.delete()
    _record(actor, workspace, seen, with_whom, (found.right, None), at=at)


def end_shares(*, actor: Actor, leaver: Leaver, at: datetime) -> int:
    """Ends what was shared with a removed member themselves; how much there was."""
    shares = ProjectShare.objects.filter(membership_id=leaver.membership_id)
    gone, _kinds = shares.delete()
    if gone:
        record(
            actor=actor,
            action="workspaces.project.shares-ended",
            target=Target(kind="member", id=leaver.member),
            organization_id=leaver.organization_id,
            workspace=leaver.workspace,
            at=at,
            counts={"shares": gone},
        )
    return gone


def _demand_own(actor: Actor, member: Membership, seen: Seen) -> None:
    if not seen.is_mine or member.pk != actor.membership_id:
        raise NotAllowed(_("Only the owner of a project decides who sees it."))


def _demand_sharable(with_whom: Membership | Group, member: Membership) -> None:
    if isinstance(with_whom, Group):
        if not with_whom.is_discoverable:
            raise CannotShare(_("This group cannot be shared with."))
    elif with_whom.pk == member.pk:
        raise CannotShare(_("The project is yours already."))


def _named(with_whom: Membership | Group) -> dict[str, Any]:
    key = "group" if isinstance(with_whom, Group) else "membership"
    return {key: with_whom}


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    seen: Seen,
    with_whom: Membership | Group,
    right: tuple[str | None, str | None],
    *,
    at: datetime,
) -> None:
    kind = "group" if isinstance(with_whom, Group) else "member"
    record(
        actor=actor,
        action="workspaces.project.shared"
        if right[1]
        else "workspaces.project.unshared",
        target=Target(kind="project", id=seen.row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes={"right": right},
        details={kind: str(with_whom.public_id)},
    )
