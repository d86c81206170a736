"""Keeps one person per address, and what they chose for themselves."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.members import addresses
from workspaces.members.models import Theme, User
from workspaces.tenancy import naming


class UnknownTheme(Refused):
    """There is no such theme."""

    status = 422


def ensure_person(*, email: str, at: datetime, name: str = "") -> User:
    """The person with that address, made if missing, without a way to sign in.

    It takes no actor: a person belongs to no tenant, and whoever lets them into one
    records that.
    """
    person, _made = User.objects.get_or_create(
        email=addresses.fold(email),
        defaults={
            "name": naming.name(name) if name else "",
            "password": make_password(None),
            "created_at": at,
        },
    )
    return person


def follow(*, person: User, name: str, email: str) -> None:
    """Give a person the name and address that their organization vouches for.

    It takes no actor: whoever calls has decided that the organization may, and records
    it there.
    """
    person.name, person.email = name, addresses.fold(email)
    person.save(update_fields=["name", "email"])


def choose_theme(*, user_id: int, theme: str) -> None:
    """Keep light, dark or automatic with the account; nobody else is concerned."""
    if theme not in Theme.values:
        raise UnknownTheme(_("There is no theme “%s”.") % naming.printable(theme))
    User.objects.filter(pk=user_id).update(theme=theme)
