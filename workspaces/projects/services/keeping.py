"""Creates projects and changes their words; deleting is retention's."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids, vault
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from kit.vault import DataKey
from workspaces.access.features import Feature
from workspaces.members.models import Membership
from workspaces.projects import limits, selectors
from workspaces.projects.models import Project
from workspaces.projects.selectors import Seen
from workspaces.projects.storage import Seal, seals_of
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef


class NotAllowed(Refused):
    """A feature is off for the member, or a right is missing; says which."""

    status = 403


class WordsRefused(Refused):
    """A name or a text is missing or too long."""

    status = 400


class TooMany(Refused):
    """A member or a project has as many as it may."""


def create(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    name: str,
    instructions: str,
    at: datetime,
) -> Project:
    """Makes a project that its member alone sees."""
    demand_feature(actor, member, Feature.PROJECTS_USE)
    name, instructions = _words(name, instructions)
    live = Project.objects.filter(owner=member, deleted_at__isnull=True)
    if live.count() >= limits.PROJECTS_OF_MEMBER:
        raise TooMany(_("A member may have %s projects.") % limits.PROJECTS_OF_MEMBER)
    key, public_id = new_key(workspace), ids.new_uuid()
    seal = seal_with(key, "workspaces_project", workspace, public_id)
    sealed = (seal.text("name", name), seal.text("instructions", instructions))
    made = Project.objects.create(
        workspace_id=workspace.id,
        public_id=public_id,
        owner=member,
        plan_written=workspace.plan,
        key_id=key.id,
        key_made_at=key.made_at,
        name=sealed[0],
        instructions=sealed[1],
        byte_count=sum(map(len, sealed)),
        created_at=at,
        changed_at=at,
    )
    _record(actor, workspace, made, "workspaces.project.created", at=at)
    return made


def change(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    seen: Seen,
    name: str,
    instructions: str,
    at: datetime,
) -> None:
    """Gives a project another name or other instructions."""
    demand_feature(actor, member, Feature.PROJECTS_USE)
    demand_edit(seen)
    name, instructions = _words(name, instructions)
    seals = seals_of(
        [seen.row], table="workspaces_project", workspace=workspace.public_id
    )
    if seen.row.pk not in seals:
        raise selectors.UnknownProject(_("The key of this project is destroyed."))
    seal = seals[seen.row.pk]
    sealed = (seal.text("name", name), seal.text("instructions", instructions))
    live = Project.objects.filter(pk=seen.row.pk, deleted_at__isnull=True)
    changed = live.update(
        name=sealed[0],
        instructions=sealed[1],
        byte_count=sum(map(len, sealed)),
        changed_at=at,
    )
    if not changed:
        raise selectors.UnknownProject(_("There is no such project."))
    _record(actor, workspace, seen.row, "workspaces.project.changed", at=at)


def demand_feature(by: Actor, member: Membership, feature: Feature) -> None:
    """Refuses whoever is not this member, and who may not use the feature."""
    by.require(Permission.OWN_DATA)
    if by.membership_id != member.pk:
        raise NotAllowed(_("Only the member themselves may do this."))
    verdict = selectors.may(member=member, feature=feature)
    if not verdict.allowed:
        raise NotAllowed(verdict.reason)


def demand_edit(seen: Seen) -> None:
    """Refuses those with whom a project is shared for use only."""
    if not seen.may_edit:
        raise NotAllowed(
            _("The project is shared with you for use; its owner can let you edit it.")
        )


def new_key(workspace: WorkspaceRef) -> DataKey:
    """A key of its own, made before the content that it seals."""
    parent = Workspace.objects.values_list("key_id", flat=True).get(pk=workspace.id)
    return vault.make_keys(parent=parent)[0]


def seal_with(key: DataKey, table: str, workspace: WorkspaceRef, row: UUID) -> Seal:
    """What seals one new object."""
    return Seal(key.key, table=table, workspace=workspace.public_id, row=row)


def _words(name: str, instructions: str) -> tuple[str, str]:
    name, instructions = " ".join(name.split()), instructions.strip()
    if not name or len(name) > limits.NAME:
        raise WordsRefused(
            _("Name the project, in at most %s characters.") % limits.NAME
        )
    if len(instructions) > limits.INSTRUCTIONS:
        raise WordsRefused(
            _("Instructions may have %s characters.") % limits.INSTRUCTIONS
        )
    if "\x00" in name + instructions:
        raise WordsRefused(_("This text has a character that cannot be stored."))
    return name, instructions


def _record(
    actor: Actor, workspace: WorkspaceRef, row: Project, action: str, *, at: datetime
) -> None:
    record(
        actor=actor,
        action=action,
        target=Target(kind="project", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
    )
