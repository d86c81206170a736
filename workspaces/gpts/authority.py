"""Who acts on GPTs: the member behind an actor, and what is refused to them."""

from contextlib import AbstractContextManager
from typing import ClassVar

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors as access
from workspaces.access.features import Feature
from workspaces.gpts import selectors
from workspaces.gpts.models import Gpt
from workspaces.gpts.rules import Act
from workspaces.gpts.selectors import GptIsGone, deciding
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef


class NotAllowed(Refused):
    """The member's features, or the GPT itself, do not let them."""

    status: ClassVar[int] = 403


def scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    """The scope of a workspace."""
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def member_of(actor: Actor) -> Membership:
    """The membership under which a person acts."""
    actor.require(Permission.OWN_DATA)
    found = members.by_id(ids=[actor.membership_id or 0]).get(actor.membership_id or 0)
    if found is None:
        raise NotAllowed(_("Only a member of the workspace makes and shares GPTs."))
    return found


def demand_feature(member: Membership, feature: Feature) -> None:
    """Refuse with the evaluator's reason."""
    verdict = access.decide(member=member, feature=feature)
    if not verdict.allowed:
        raise NotAllowed(verdict.reason)


def demand(member: Membership, gpt: Gpt, act: Act, *, level: str = "") -> None:
    """Refuse with the reason; who may not even use the GPT learns nothing of it."""
    verdict = deciding.of(member=member, gpt=gpt, act=act, wanted_level=level)
    if verdict.allowed:
        return
    if not selectors.holds_of(member=member, gpt=gpt):
        raise GptIsGone(_("This workspace has no such GPT."))
    raise NotAllowed(verdict.reason)


def demand_owner(member: Membership, gpt: Gpt) -> None:
    """Taking back what was shared is the owner's, whatever their features say."""
    if gpt.owner_id == member.pk:
        return
    if not selectors.holds_of(member=member, gpt=gpt):
        raise GptIsGone(_("This workspace has no such GPT."))
    raise NotAllowed(_("Only its owner shares a GPT."))
