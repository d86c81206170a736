"""Opens an organization that has locked itself out; the operator's last resort."""

from datetime import datetime

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.notices import services as notices
from workspaces.signin import selectors
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.selectors import OrganizationRef


class OverrideIsExplicit(Refused):
    """Going past an organization's own settings is said aloud, with a reason."""


def unlock(
    *,
    actor: Actor,
    organization: OrganizationRef,
    override: bool,
    reason: str,
    at: datetime,
) -> int:
    """Make single sign-on optional in all workspaces, and let people come from
    everywhere; mailed to every owner."""
    if not override or not reason.strip():
        raise OverrideIsExplicit(
            _(
                "This opens an organization against its own settings: say --override "
                "and give a --reason. All its owners are told, and it is recorded."
            )
        )
    with scoping.organization(organization_id=organization.id):
        changed = tenancy.unlock(
            actor=actor, organization=organization, reason=reason, at=at
        )
        for owner in selectors.all_owners():
            notices.put(
                organization_id=organization.id,
                kind="signin.unlocked",
                email=owner.email,
                subject=_("%s was unlocked by the operator") % organization.name,
                text=_(
                    "The operator of this installation made single sign-on optional in "
                    "all workspaces of %(organization)s, and the portal reachable from "
                    "every network, so that you can sign in with a code by mail."
                    "\n\nReason: %(reason)s\n\nRepair single sign-on and the list of "
                    "networks, then require it again."
                )
                % {"organization": organization.name, "reason": reason},
                at=at,
            )
        return changed
