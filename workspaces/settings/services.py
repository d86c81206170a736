"""Opens and renames workspaces, sets the policy text, and takes acknowledgements."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit.actor import Actor
from kit.permissions import Permission, PermissionDenied
from kit.refusals import Refused
from workspaces.members.services import founding
from workspaces.settings import selectors
from workspaces.settings.models import Acknowledgement, PolicyText
from workspaces.tenancy import naming
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import (
    OrganizationRef,
    UnknownTenant,
    WorkspaceRef,
)

LONGEST_TEXT = 10_000


class PlanComesFromOperator(Refused):
    """A plan is a promise of the installation's operator, not of the organization."""

    status = 422


class NameIsTheSame(Refused):
    """A workspace is renamed to another name."""


class TextIsTheSame(Refused):
    """A new version of the policy text says something new."""


class TextIsTooLong(Refused):
    """A policy text has a limit."""

    status = 422


class TextHasChanged(Refused):
    """Only the version in force can be acknowledged."""


def open_workspace(
    *,
    actor: Actor,
    organization: OrganizationRef,
    slug: str,
    name: str,
    plan: str,
    at: datetime,
) -> WorkspaceRef:
    """Opens a workspace on a plan that the organization has already.

    Its owners are the organization's. The first workspace of a plan is opened by the
    operator, who promises what the plan says.
    """
    actor.require(Permission.ORGANIZATION_MANAGE)
    if plan not in selectors.plans_to_choose():
        raise PlanComesFromOperator(
            _("The operator of this installation opens the first workspace of a plan.")
        )
    if _exists(naming.slug(slug)):
        raise naming.SlugIsTaken(_("The slug “%s” is taken.") % slug)
    return founding.create_workspace(
        actor=actor,
        organization=organization,
        slug=slug,
        name=name,
        plan=plan,
        at=at,
    )


def rename(*, actor: Actor, workspace: WorkspaceRef, name: str, at: datetime) -> None:
    """Gives a workspace another name; its slug, and so its addresses, stay."""
    _demand_manage(actor, workspace)
    wanted = naming.name(name)
    row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
    before = row.name
    if before == wanted:
        raise NameIsTheSame(_("The workspace has this name already."))
    Workspace.objects.filter(pk=row.pk).update(name=wanted)
    record(
        actor=actor,
        action="workspaces.workspace.renamed",
        target=Target(kind="workspace", id=workspace.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes={"name": (before, wanted)},
    )


def set_policy_text(
    *, actor: Actor, workspace: WorkspaceRef, text: str, at: datetime
) -> PolicyText:
    """Sets the text that members acknowledge; an empty one ends the policy."""
    _demand_manage(actor, workspace)
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_TEXT:
        raise TextIsTooLong(_("The text may have %s characters.") % LONGEST_TEXT)
    # Two at once take turns: versions are numbered without a gap.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
    before = selectors.current()
    if text == (before.text if before else ""):
        raise TextIsTheSame(_("This is the text in force; nothing changes."))
    made = PolicyText.objects.create(
        workspace_id=workspace.id,
        version=selectors.newest_version() + 1,
        text=text,
        set_at=at,
        set_by=actor.id,
    )
    record(
        actor=actor,
        action="workspaces.policy-text.set",
        target=Target(kind="workspace", id=workspace.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"version": made.version},
        changes={"text": (before.text if before else None, text or None)},
    )
    return made


def acknowledge(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: UUID,
    version: int,
    at: datetime,
) -> None:
    """Notes that a member acknowledges the version in force, for 30 days."""
    actor.require(Permission.OWN_DATA)
    if actor.membership_id is None:
        raise PermissionDenied(Permission.OWN_DATA, "")
    text = selectors.current()
    if text is None or text.version != version:
        raise TextHasChanged(_("The text has changed meanwhile; read the new one."))
    Acknowledgement.objects.create(
        workspace_id=workspace.id,
        membership_id=actor.membership_id,
        version=version,
        acknowledged_at=at,
    )
    record(
        actor=actor,
        action="workspaces.policy-text.acknowledged",
        target=Target(kind="member", id=member),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"version": version},
    )


def _demand_manage(actor: Actor, workspace: WorkspaceRef) -> None:
    if actor.workspace_id not in (None, workspace.id):
        raise PermissionDenied(Permission.WORKSPACE_MANAGE, "")
    actor.require(Permission.WORKSPACE_MANAGE)


def _exists(slug: str) -> bool:
    try:
        tenants.workspace_by_slug(slug=slug)
    except UnknownTenant:
        return False
    return True
