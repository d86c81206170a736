"""Sets the safeguards of a workspace, and notes what somebody was told beforehand."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority, overrides
from retention.places import place
from retention.policies.previews import Week
from retention.policies.safeguards import rules, selectors
from retention.policies.safeguards.models import Announcement, Safeguards
from retention.policies.safeguards.rules import Threshold
from retention.policies.safeguards.selectors import Protection
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef


class SafeguardOutOfBounds(Refused):
    """A safeguard has a smallest and a largest value."""

    status = 422


class SafeguardsAreTheSame(Refused):
    """Nothing would change."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The safeguards as somebody wants them."""

    grace_hours: int
    approval_percent: int | None
    approval_number: int | None
    breaker_factor: int
    breaker_minimum: int
    breaker_percent: int


def set_safeguards(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    wanted: Wanted,
    reason: str = "",
    at: datetime,
) -> None:
    """Sets all safeguards at once; owners of the organization hear of a loosening."""
    authority.demand(actor, Permission.WORKSPACE_MANAGE, workspace=workspace)
    _demand_bounds(wanted)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        before = as_wanted(selectors.protection(workspace=workspace))
        if before == wanted:
            raise SafeguardsAreTheSame(_("The safeguards are these already."))
        tenancy.set_policy_grace(
            actor=actor, workspace=workspace, hours=wanted.grace_hours, at=at
        )
        columns = asdict(wanted)
        del columns["grace_hours"]
        Safeguards.objects.update_or_create(workspace_id=workspace.id, defaults=columns)
        _record(actor, workspace, before, wanted, reason=reason, at=at)
        if _loosens(before, wanted):
            _tell_owners(actor, workspace, reason=reason, at=at)


def announce(
    *,
    by: str,
    workspace: WorkspaceRef,
    weeks: Sequence[Week],
    is_agreed: bool = False,
    at: datetime,
) -> None:
    """Notes that these weeks were shown to whoever decided, for the circuit breaker.

    A week's conversations fall due between the end of the week before and its own.
    With `is_agreed` a second person saw them too.
    """
    Announcement.objects.bulk_create(
        Announcement(
            workspace_id=workspace.id,
            begins_at=week.ends_at - timedelta(weeks=min(place, 1)),
            objects_n=week.conversations,
            announced_at=at,
            announced_by=by,
            is_agreed=is_agreed,
        )
        for place, week in enumerate(weeks)
        if week.conversations
    )


def as_wanted(protection: Protection) -> Wanted:
    """What holds, in the form in which it is set."""
    return Wanted(
        grace_hours=int(protection.grace.total_seconds() // 3600),
        approval_percent=protection.threshold.percent,
        approval_number=protection.threshold.number,
        breaker_factor=protection.breaker_factor,
        breaker_minimum=protection.breaker_minimum,
        breaker_percent=protection.breaker_percent,
    )


def _demand_bounds(wanted: Wanted) -> None:
    bounds = {
        "grace_hours": (0, tenancy.LONGEST_GRACE_HOURS),
        "approval_percent": (1, 100),
        "approval_number": (1, 2_000_000_000),
        "breaker_factor": (2, 100),
        "breaker_minimum": (0, 2_000_000_000),
        "breaker_percent": (1, 100),
    }
    for name, (least, most) in bounds.items():
        value = getattr(wanted, name)
        if value is not None and not least <= value <= most:
            raise SafeguardOutOfBounds(
                _("%(name)s: enter %(least)s to %(most)s.")
                % {"name": name.replace("_", " "), "least": least, "most": most}
            )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    before: Wanted,
    after: Wanted,
    *,
    reason: str,
    at: datetime,
) -> None:
    old, new = asdict(before), asdict(after)
    record(
        actor=actor,
        action="retention.safeguards.set",
        target=Target(kind="workspace", id=workspace.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        changes={n: (old[n], new[n]) for n in new if old[n] != new[n]},
        reason=reason.strip(),
    )


def _loosens(before: Wanted, after: Wanted) -> bool:
    return (
        rules.loosens(_threshold(before), _threshold(after))
        or after.grace_hours < before.grace_hours
        or after.breaker_factor > before.breaker_factor
        or after.breaker_minimum > before.breaker_minimum
        or after.breaker_percent > before.breaker_percent
    )


def _threshold(wanted: Wanted) -> Threshold:
    return Threshold(percent=wanted.approval_percent, number=wanted.approval_number)


def _tell_owners(
    actor: Actor, workspace: WorkspaceRef, *, reason: str, at: datetime
) -> None:
    overrides.tell_owners(
        kind="retention.safeguards-loosened",
        workspace=workspace,
        subject=_("%s: a safeguard of retention was loosened") % workspace.name,
        what=_(
            "The safeguards before something is purged in %s are looser than before."
        )
        % workspace.name,
        page=place(workspace, "retention:safeguards"),
        actor=actor,
        reason=reason,
        at=at,
    )
