"""Says from which networks an organization's people and keys may come.

Two lists, one for the portal and one for the APIs; an empty one means anywhere. Whoever
would lock themselves out has to say that they mean it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.keys import networks
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import OrganizationRef

MOST_LINES = 200


class BadLine(Refused):
    """A line of a list that is no network."""

    status = 422


class WouldLockOut(Refused):
    """The saver's own address is not in the list for the portal."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The two lists."""

    portal: tuple[str, ...]
    api: tuple[str, ...]


def read(text: str) -> tuple[str, ...]:
    """One network a line, empty lines left out; names the line that is none."""
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise BadLine(_("A list has at most %d lines.") % MOST_LINES)
    found: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found |= dict.fromkeys(networks.read([line]))
        except networks.BadNetwork as bad:
            raise BadLine(
                _("Line %(number)d: %(problem)s")
                % {"number": number, "problem": str(bad)}
            ) from bad
    return tuple(found)


def current() -> Lists:
    """The lists of the organization in scope."""
    row = Organization.objects.get()
    return Lists(portal=tuple(row.portal_networks), api=tuple(row.api_networks))


def change(
    *,
    actor: Actor,
    organization: OrganizationRef,
    wanted: Lists,
    ip: str,
    means_it: bool,
    at: datetime,
) -> None:
    """Put both lists in force, from the next request on."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    if not means_it and not networks.admit(networks=wanted.portal, ip=ip):
        raise WouldLockOut(
            _(
                "You come from %s, which is in none of these networks: this would lock "
                "you out at once."
            )
            % ip
        )
    with scoping.organization(organization_id=organization.id):
        row = Organization.objects.select_for_update().get(pk=organization.id)
        before = Lists(portal=tuple(row.portal_networks), api=tuple(row.api_networks))
        if before == wanted:
            return
        row.portal_networks, row.api_networks = list(wanted.portal), list(wanted.api)
        row.save(update_fields=["portal_networks", "api_networks"])
        recording.record(
            actor=actor,
            action="workspaces.networks.changed",
            target=Target(kind="organization", id=organization.public_id),
            organization_id=organization.id,
            at=at,
            changes={
                "portal": (list(before.portal), list(wanted.portal)),
                "api": (list(before.api), list(wanted.api)),
            },
        )
