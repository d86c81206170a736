"""Who may decide for what people are taken, and what they become by signing in."""

from django.utils.translation import gettext as _

from kit.actor import Actor, ActorKind
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.tenancy.models import OrganizationRole


class OwnerMustDecide(Refused):
    """An admin of the organization may not change who people are taken for."""

    status = 403


def is_owner(actor: Actor) -> bool:
    """Whether the actor answers for the organization itself."""
    if actor.kind is not ActorKind.USER:
        return actor.may(Permission.OPERATOR).allowed
    return actor.workspace_id is None and actor.role == OrganizationRole.OWNER


def demand_owner(actor: Actor) -> None:
    """Refuse what only an owner of the organization decides."""
    if not is_owner(actor):
        raise OwnerMustDecide(
            _(
                "This decides who people are taken for and what they may do, so an "
                "owner of the organization has to do it."
            )
        )
