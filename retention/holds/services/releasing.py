"""Ends a hold, or one scope of it; the grace after release begins.

In the portal two persons release (`retention.releases`); the operator alone does with
an override, which every owner of the organization is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit.actor import Actor, ActorKind
from kit.refusals import Refused
from retention.holds import authority, counting, locking, overrides, selectors
from retention.holds.models import Hold, HoldScope
from retention.holds.services import storing
from retention.places import place as page_of
from workspaces.tenancy.selectors import WorkspaceRef

PURGED_WITHIN_DAYS = 30
"""Counted from the release: the clock of the promise starts again."""


class HoldIsReleased(Refused):
    """A hold, or a scope of one, is released once."""


class ReasonIsMissing(Refused):
    """Releasing a hold needs a reason."""


class OverrideIsMissing(Refused):
    """One person alone does not release a hold."""


@dataclass(frozen=True, kw_only=True)
class Released:
    """How many scopes were released, and until when they go on protecting."""

    scopes: int
    grace_until: datetime | None


def release(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    hold: Hold,
    reason: str,
    override: bool = False,
    at: datetime,
) -> Hold:
    """The operator's release, without a second person; mailed to the owners."""
    authority.demand_holds(actor, workspace=workspace)
    if actor.kind is not ActorKind.OPERATOR:
        raise OverrideIsMissing(
            _("Ask for the release; a second person confirms it on the hold's page.")
        )
    if not reason.strip():
        raise ReasonIsMissing(_("Say why the hold is released."))
    if not override:
        raise OverrideIsMissing(_("An operator releases a hold with --override only."))
    with storing.scope(workspace):
        locking.before_changing()
        carry_out(
            actor=actor,
            workspace=workspace,
            hold=hold,
            reason=reason,
            override=True,
            at=at,
        )
        _tell_owners(actor, workspace, hold, reason=reason, at=at)
        hold.released_at, hold.released_by = at, actor.id
        return hold


def carry_out(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    hold: Hold,
    scope_ids: Sequence[int] = (),
    reason: str,
    override: bool = False,
    requested_by: str = "",
    at: datetime,
) -> Released:
    """Releases these scopes, or the whole hold, under the lock that the caller has."""
    rows = HoldScope.objects.filter(hold=hold, released_at__isnull=True)
    is_whole = not scope_ids or not rows.exclude(pk__in=scope_ids).exists()
    if is_whole:
        _close(actor, hold, at=at)
    else:
        rows = rows.filter(pk__in=scope_ids)
    days = selectors.grace_days()
    until = at + timedelta(days=days) if days else None
    changed = rows.update(released_at=at, release_grace_until=until)
    if not changed:
        raise HoldIsReleased(_("This is released already."))
    record(
        actor=actor,
        action="retention.hold.released" if is_whole else "retention.hold.narrowed",
        target=Target(kind="hold", id=hold.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={
            "covered": counting.covered(hold=hold),
            "scopes": changed,
            "grace_days": days,
            "purged_within_days": PURGED_WITHIN_DAYS,
        },
        details={
            "matter": selectors.matter_of(hold=hold),
            "override": override,
            "requested_by": requested_by,
        },
        reason=reason.strip(),
    )
    return Released(scopes=changed, grace_until=until)


def _close(actor: Actor, hold: Hold, *, at: datetime) -> None:
    changed = Hold.objects.filter(pk=hold.pk, released_at__isnull=True).update(
        released_at=at, released_by=actor.id
    )
    if not changed:
        raise HoldIsReleased(_("This hold is released already."))


def _tell_owners(
    actor: Actor, workspace: WorkspaceRef, hold: Hold, *, reason: str, at: datetime
) -> None:
    overrides.tell_owners(
        kind="retention.hold-override",
        workspace=workspace,
        subject=_("%s: a legal hold was released by override") % workspace.name,
        what=_(
            "A legal hold of %s was released without a second person: what it covered"
            " follows its policy again."
        )
        % workspace.name,
        page=page_of(workspace, "retention:hold", hold=hold.public_id),
        actor=actor,
        reason=reason,
        at=at,
    )
