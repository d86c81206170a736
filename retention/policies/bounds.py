"""Sets the floor and ceiling that bound every policy of a workspace, kind by kind."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import content_kinds, scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.eligibility import rules
from retention.eligibility.precedence import Limits
from retention.holds import authority, locking
from retention.policies.models import CONVERSATIONS, PolicyBounds
from retention.policies.rules import LONGEST_DAYS, SHORTEST_DAYS
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
    reason: str = "",
    at: datetime,
) -> PolicyBounds:
    """Adds a version of the bounds; None bounds nothing on that side.

    A version under which anything may go earlier takes force after the workspace's
    grace period, like a shorter policy.
    """
    _authorize(actor, workspace)
    content_kinds.governed_named(content_kind)
    _demand_possible(floor_days, ceiling_days)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        locking.before_changing()
        row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        known = list(
            PolicyBounds.objects.filter(content_kind=content_kind).order_by("version")
        )
        newest = known[-1] if known else None
        before = (newest.floor_days, newest.ceiling_days) if newest else (None, None)
        if before == (floor_days, ceiling_days):
            raise BoundsSayItAlready(_("Floor and ceiling say so already."))
        current = rules.in_force([_limits(one) for one in known], at=at)
        waits = _lets_go_earlier(current, floor_days, ceiling_days)
        bounds = PolicyBounds.objects.create(
            workspace_id=workspace.id,
            content_kind=content_kind,
            version=(newest.version if newest else 0) + 1,
            floor_days=floor_days,
            ceiling_days=ceiling_days,
            set_at=at,
            set_by=actor.id,
            in_force_at=at + timedelta(hours=row.policy_grace_hours if waits else 0),
        )
        _record(actor, workspace, bounds, before=before, reason=reason)
        return bounds


def _authorize(actor: Actor, workspace: WorkspaceRef) -> None:
    if plans.of(workspace.plan).retention_setter is not RetentionSetter.ADMINS:
        raise NoBoundsHere(_("On this plan there is neither floor nor ceiling."))
    authority.demand(actor, Permission.WORKSPACE_MANAGE, workspace=workspace)


def _demand_possible(floor_days: int | None, ceiling_days: int | None) -> None:
    for days in (floor_days, ceiling_days):
        if days is not None and not SHORTEST_DAYS <= days <= LONGEST_DAYS:
            raise BoundsAreImpossible(
                _("A floor and a ceiling have %(least)s to %(most)s days.")
                % {"least": SHORTEST_DAYS, "most": LONGEST_DAYS}
            )
    if floor_days and ceiling_days and floor_days > ceiling_days:
        raise BoundsAreImpossible(_("The floor is not above the ceiling."))


def _limits(stored: PolicyBounds) -> Limits:
    return Limits(
        number=stored.version,
        floor_days=stored.floor_days,
        ceiling_days=stored.ceiling_days,
        set_at=stored.set_at,
        in_force_at=stored.in_force_at,
    )


def _lets_go_earlier(
    current: Limits | None, floor_days: int | None, ceiling_days: int | None
) -> bool:
    before_floor = current.floor_days if current else None
    before_ceiling = current.ceiling_days if current else None
    lowered = (floor_days or 0) < (before_floor or 0)
    above = LONGEST_DAYS + 1
    return lowered or (ceiling_days or above) < (before_ceiling or above)


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    bounds: PolicyBounds,
    *,
    before: tuple[int | None, int | None],
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
            "floor_days": (before[0], bounds.floor_days),
            "ceiling_days": (before[1], bounds.ceiling_days),
        },
        details={
            "kind": bounds.content_kind,
            "in_force_at": bounds.in_force_at.isoformat(),
        },
        reason=reason.strip(),
    )
