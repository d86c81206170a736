"""Sets for how long what was released goes on being protected."""

from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit.actor import Actor
from kit.refusals import Refused
from retention.holds import authority, selectors
from retention.holds.models import MAX_GRACE_DAYS, MIN_GRACE_DAYS, ReleaseGrace
from retention.holds.services import storing
from workspaces.tenancy.selectors import WorkspaceRef


class GraceIsOutside(Refused):
    """After a release the purge must fit into the 30 days of the promise."""


def set_grace(
    *, actor: Actor, workspace: WorkspaceRef, days: int, at: datetime
) -> None:
    """For releases from now on; what was released before keeps its own date."""
    authority.demand_holds(actor, workspace=workspace)
    if not MIN_GRACE_DAYS <= days <= MAX_GRACE_DAYS:
        raise GraceIsOutside(
            _("Between %(least)s and %(most)s days.")
            % {"least": MIN_GRACE_DAYS, "most": MAX_GRACE_DAYS}
        )
    with storing.scope(workspace):
        before = selectors.grace_days()
        ReleaseGrace.objects.update_or_create(
            workspace_id=workspace.id,
            defaults={"days": days, "set_at": at, "set_by": actor.id},
        )
        record(
            actor=actor,
            action="retention.hold-grace.set",
            target=Target(kind="workspace", id=workspace.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes={"days": (before, days)},
        )
