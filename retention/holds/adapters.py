"""Puts the legal holds on the overview."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import overview
from kit.actor import Actor
from kit.formatting import grouped
from kit.overview import Card, CardView, Place, Status
from kit.permissions import Permission
from retention.holds import counting, selectors
from retention.places import place
from workspaces.tenancy.selectors import access_of


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="holds",
            order=30,
            place=Place.STAT,
            permission=Permission.HOLDS_VIEW,
            build=_holds,
        )
    )


def _holds(actor: Actor, at: datetime) -> CardView:  # noqa: ARG001
    active = selectors.holds(only_active=True).count()
    kept = counting.kept()
    noun = ngettext("conversation kept", "conversations kept", kept)
    return CardView(
        status=Status.HELD if active else Status.OFF,
        sentence=_("Holds keep %s conversations.") % grouped(kept),
        template="components/stat.html",
        context={
            "name": _("Legal holds"),
            "number": grouped(kept),
            "noun": noun,
            "fact": _("from every purge, until their hold is released")
            if active
            else _("the rules alone decide what is purged"),
            "url": place(access_of(actor=actor).workspace, "retention:holds"),
            "status_kind": "held" if active else "off",
            "status_word": _("%s active") % grouped(active) if active else _("None"),
        },
    )
