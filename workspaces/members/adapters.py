"""Puts the people of a workspace on its overview."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import overview
from kit.actor import Actor
from kit.formatting import grouped
from kit.overview import Card, CardView, Place, Status
from kit.permissions import Permission
from workspaces.members import selectors
from workspaces.roles.matrix import LABELS


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="people",
            order=90,
            place=Place.SIDE,
            permission=Permission.MEMBERS_VIEW,
            build=_people,
        )
    )


def _people(actor: Actor, at: datetime) -> CardView:  # noqa: ARG001
    counts = selectors.counts()
    facts = [
        {"role": role.value, "name": LABELS[role], "number": grouped(number)}
        for role, number in counts.by_role.items()
        if number
    ]
    sentence = ngettext(
        "%(number)s person is in this workspace.",
        "%(number)s people are in this workspace.",
        counts.total,
    ) % {"number": grouped(counts.total)}
    return CardView(
        status=Status.OK,
        sentence=sentence,
        template="workspaces/members/card.html",
        context={
            "title": _("People"),
            "number": grouped(counts.total),
            "suspended": grouped(counts.suspended) if counts.suspended else "",
            "facts": facts,
        },
    )
