"""Names the owners who may enter without the identity provider, and unnames them."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members.models import User
from workspaces.signin import selectors
from workspaces.signin.endings import EndReason
from workspaces.signin.models import (
    BreakGlassOwner,
    Method,
    Purpose,
)
from workspaces.signin.services import break_glass, drafts, secrets_by_mail, sessions
from workspaces.tenancy.models import Sso, Workspace
from workspaces.tenancy.selectors import OrganizationRef

CODE_LENGTH = 16
CODE_LIFE = timedelta(days=1)


class NotAnOwner(Refused):
    """Only an owner of the organization can be named."""

    status = 404


class OperatorsHaveTheirOwnDoor(Refused):
    """An operator's password opens /operator/; no organization may have it set."""


class NotNamed(Refused):
    """The person is not named for break-glass."""


class LastOneMustStay(Refused):
    """Single sign-on is required, and nobody else could enter without it."""


def name(
    *, actor: Actor, organization: OrganizationRef, person: UUID, at: datetime
) -> None:
    """Name an owner, and mail them the code with which they set their password."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        user = _owner(person)
        if user.is_operator:
            raise OperatorsHaveTheirOwnDoor(
                _("This person operates the installation. Name another owner.")
            )
        _row, is_new = BreakGlassOwner.objects.get_or_create(
            organization_id=organization.id,
            user=user,
            defaults={"named_by": actor.id, "named_at": at},
        )
        if is_new:
            break_glass.record(
                actor, "workspaces.break-glass.named", user, organization, at
            )
            break_glass.tell_owners(
                organization,
                _("%s may enter without single sign-on") % user.email,
                _(
                    "%(by)s named %(who)s to enter %(organization)s without its "
                    "identity provider."
                )
                % {
                    "by": actor.label,
                    "who": user.email,
                    "organization": organization.name,
                },
                at=at,
            )
        _mail_code(user, at=at)


def send_again(
    *, actor: Actor, organization: OrganizationRef, person: UUID, at: datetime
) -> None:
    """Mail a fresh code: also how a forgotten password or a lost phone is replaced."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        user = _owner(person)
        if not BreakGlassOwner.objects.filter(user=user).exists():
            raise NotNamed(_("This person is not named for break-glass."))
        break_glass.record(
            actor, "workspaces.break-glass.code-sent", user, organization, at
        )
        _mail_code(user, at=at)


def unname(
    *, actor: Actor, organization: OrganizationRef, person: UUID, at: datetime
) -> None:
    """Take the name off; password and second step go with the last organization."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with drafts.turn_of(organization):
        found = {one.user.public_id: one for one in selectors.keyholders()}
        holder = found.pop(person, None)
        if holder is None or holder.named is None:
            raise NotNamed(_("This person is not named for break-glass."))
        others = any(one.is_ready for one in found.values())
        if holder.is_ready and not others and _requires_sso():
            raise LastOneMustStay(
                _(
                    "Single sign-on is required here, and nobody else could enter "
                    "without it. Name another owner first, and let them finish."
                )
            )
        holder.named.delete()
        sessions.end_all_of(
            actor=actor,
            organization_id=organization.id,
            user=holder.user,
            reason=EndReason.CREDENTIALS_CHANGED,
            method=Method.BREAK_GLASS,
            at=at,
        )
        break_glass.record(
            actor, "workspaces.break-glass.unnamed", holder.user, organization, at
        )
        if not selectors.reached_by_break_glass(user_id=holder.user.pk):
            break_glass.disarm(holder.user)


def _owner(person: UUID) -> User:
    for user in selectors.all_owners():
        if user.public_id == person:
            return user
    raise NotAnOwner(_("Only an owner of the organization can be named."))


def _requires_sso() -> bool:
    return Workspace.objects.filter(sso=Sso.REQUIRED).exists()


def _mail_code(user: User, *, at: datetime) -> None:
    secrets_by_mail.put(
        user=user,
        purpose=Purpose.BREAK_GLASS,
        secret=secrets_by_mail.new(CODE_LENGTH),
        browser="",
        life=CODE_LIFE,
        at=at,
    )
