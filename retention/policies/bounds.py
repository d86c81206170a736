"""Sets the floor and ceiling that bound every policy of a workspace, kind by kind."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import content_kinds, scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority, locking
from retention.policies import previews, selectors
from retention.policies.models import CONVERSATIONS, PolicyBounds
from retention.policies.rules import LONGEST_DAYS, SHORTEST_DAYS, Bounds
from retention.policies.safeguards import selectors as protecting
from retention.policies.safeguards import services as safeguards
from retention.policies.selectors import Hypothesis
from retention.policies.services import NeedsSecondPerson, Served
from workspaces.tenancy import plans
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import WorkspaceRef


class NoBoundsHere(Refused):
    """On this plan nobody bounds what members or the plan decide."""


class BoundsAreImpossible(Refused):
    """A floor and a ceiling are 1 to 3650 days, and the floor is not above."""


class BoundsSayItAlready(Refused):
    """Nothing would change."""


def set_bounds(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    content_kind: str = CONVERSATIONS,
    floor_days: int | None,
    ceiling_days: int | None,
    served: Served | None = None,
    reason: str = "",
    at: datetime,
) -> PolicyBounds:
    """Adds a version of the bounds; None bounds nothing on that side.

    A version under which anything may go earlier takes force after the workspace's
    grace period, and above the threshold asks for a second person, like a shorter
    policy; unless a draft `served` has waited, and found one.
    """
    demand_settable(actor=actor, workspace=workspace)
    content_kinds.governed_named(content_kind)
    wanted = Bounds(floor_days=floor_days, ceiling_days=ceiling_days)
    demand_possible(wanted)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        locking.before_changing()
        row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        before = selectors.bounds(content_kind=content_kind)
        demand_change(before, wanted)
        hours = 0 if served else row.policy_grace_hours
        planned = selectors.bounds_hypothesis(
            workspace=workspace,
            content_kind=content_kind,
            wanted=wanted,
            grace=timedelta(hours=hours),
            at=at,
        )
        if served is None:
            _demand_no_second_person(workspace, planned, at=at)
        bounds = PolicyBounds.objects.create(
            workspace_id=workspace.id,
            content_kind=content_kind,
            version=planned.version.number,
            floor_days=floor_days,
            ceiling_days=ceiling_days,
            set_at=at,
            set_by=served.set_by if served else actor.id,
            in_force_at=planned.version.in_force_at,
        )
        if served:
            safeguards.announce(
                by=served.set_by,
                workspace=workspace,
                weeks=served.announced,
                is_agreed=served.is_agreed,
                at=at,
            )
        _record(actor, workspace, bounds, before=before, reason=reason)
        return bounds


def demand_settable(*, actor: Actor, workspace: WorkspaceRef) -> None:
    """Refuses who may not set bounds, and plans that have none."""
    if plans.of(workspace.plan).retention_setter is not RetentionSetter.ADMINS:
        raise NoBoundsHere(_("On this plan there is neither floor nor ceiling."))
    authority.demand(actor, Permission.WORKSPACE_MANAGE, workspace=workspace)


def demand_possible(wanted: Bounds) -> None:
    """Refuses days that no bounds have, and a floor above the ceiling."""
    for days in (wanted.floor_days, wanted.ceiling_days):
        if days is not None and not SHORTEST_DAYS <= days <= LONGEST_DAYS:
            raise BoundsAreImpossible(
                _("A floor and a ceiling have %(least)s to %(most)s days.")
                % {"least": SHORTEST_DAYS, "most": LONGEST_DAYS}
            )
    floor, ceiling = wanted.floor_days, wanted.ceiling_days
    if floor and ceiling and floor > ceiling:
        raise BoundsAreImpossible(_("The floor is not above the ceiling."))


def demand_change(before: Bounds, wanted: Bounds) -> None:
    """Refuses what the newest bounds say already."""
    if before == wanted:
        raise BoundsSayItAlready(_("Floor and ceiling say so already."))


def _demand_no_second_person(
    workspace: WorkspaceRef, planned: Hypothesis, *, at: datetime
) -> None:
    """Whoever sets bounds without a draft does not go around the second person."""
    if not protecting.protection(workspace=workspace).threshold.is_on:
        return
    found = previews.preview_of(planned, workspace=workspace, at=at)
    if protecting.asks_second_person(
        workspace=workspace,
        content_kind=planned.content_kind,
        newly_due=found.at_stake,
    ):
        raise NeedsSecondPerson(
            _(
                "This lets more go than one person may decide here. Write a draft, and"
                " have another person approve it."
            )
        )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    bounds: PolicyBounds,
    *,
    before: Bounds,
    reason: str,
) -> None:
    record(
        actor=actor,
        action="retention.policy-bounds.set",
        target=Target(kind="policy-bounds", id=bounds.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=bounds.set_at,
        policy=f"v{bounds.version}",
        changes={
            "floor_days": (before.floor_days, bounds.floor_days),
            "ceiling_days": (before.ceiling_days, bounds.ceiling_days),
        },
        details={
            "kind": bounds.content_kind,
            "in_force_at": bounds.in_force_at.isoformat(),
        },
        reason=reason.strip(),
    )
