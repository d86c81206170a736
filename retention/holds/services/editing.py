"""Changes a matter: its text, and what more its hold covers.

Taking something out of a hold is a release, and needs a second person like any other:
see `retention.releases`.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit.actor import Actor
from retention.holds import authority, counting, locking, selectors
from retention.holds.matters import Named, Text
from retention.holds.models import Hold
from retention.holds.services import placing, storing
from retention.holds.services.placing import HoldCoversNothing
from retention.holds.services.releasing import HoldIsReleased
from workspaces.tenancy.selectors import WorkspaceRef


def add(
    *, actor: Actor, workspace: WorkspaceRef, hold: Hold, named: Named, at: datetime
) -> int:
    """Lets a hold cover more; how many things it did not name before.

    What it names already stays as it is, also where the narrowing differs.
    """
    authority.demand_holds(actor, workspace=workspace)
    with storing.scope(workspace):
        locking.before_changing()
        _demand_in_force(hold)
        placing.demand_all(named)
        known = selectors.scopes_in_force(hold=hold)
        fresh = [one for one in named.scopes() if one not in known]
        if not fresh:
            raise HoldCoversNothing(_("The hold names all of this already."))
        storing.store_scopes(hold, fresh, named.narrowing, at=at)
        record(
            actor=actor,
            action="retention.hold.widened",
            target=Target(kind="hold", id=hold.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            counts={"covered": counting.covered(hold=hold), "scopes": len(fresh)},
            details={"narrowing": named.narrowing.as_details},
        )
        return len(fresh)


def describe(
    *, actor: Actor, workspace: WorkspaceRef, hold: Hold, text: Text, at: datetime
) -> None:
    """Writes a matter's name, reference and description anew; what it covers stays."""
    authority.demand_holds(actor, workspace=workspace)
    text = placing.checked(text)
    with storing.scope(workspace):
        _demand_in_force(hold)
        before = selectors.text_of(hold=hold)
        Hold.objects.filter(pk=hold.pk).update(
            **storing.sealed(text, row=hold.public_id)
        )
        record(
            actor=actor,
            action="retention.hold.described",
            target=Target(kind="hold", id=hold.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes={
                "matter": (before.name, text.name),
                "reference": (before.reference, text.reference),
                "description": (before.description, text.description),
            },
        )


def _demand_in_force(hold: Hold) -> None:
    rows = Hold.objects.select_for_update(no_key=True).filter(
        pk=hold.pk, released_at__isnull=True
    )
    if not rows.exists():
        raise HoldIsReleased(_("This hold is released; place a new one."))
