"""Sets a floor and a ceiling from the portal, where that purges nothing."""

from datetime import datetime

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor
from kit.refusals import Refused
from retention.holds import locking
from retention.policies import bounds
from retention.policies.bounding import rules, selectors
from retention.policies.bounding.rules import Limits
from retention.policies.models import PolicyBounds
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef


class APolicyWouldShorten(Refused):
    """Bounds purge nothing: what shortens a policy is that policy, with its preview."""


def set_bounds(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    content_kind: str,
    wanted: Limits,
    reason: str,
    at: datetime,
) -> PolicyBounds:
    """Adds a version of the bounds.

    Refused where a policy, or a draft under way, would keep for less than it does: it
    is changed first, with its preview, its grace period and its second person.
    """
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        locking.before_changing()
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        before = selectors.limits(content_kind=content_kind)
        met = selectors.policies_met(workspace=workspace, content_kind=content_kind)
        if rules.lets_go_earlier(met, before=before, after=wanted):
            raise APolicyWouldShorten(
                _(
                    "A policy, or a draft of one that is under way, would keep for less"
                    " than it does now. Change that one first: its preview says what"
                    " goes."
                )
            )
        return bounds.set_bounds(
            actor=actor,
            workspace=workspace,
            content_kind=content_kind,
            floor_days=wanted.floor_days,
            ceiling_days=wanted.ceiling_days,
            reason=reason,
            at=at,
        )
