"""Puts lasting incidents on the overview."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import overview
from kit.actor import Actor
from kit.formatting import absolute, grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from retention.incidents import selectors, showing
from retention.places import place
from workspaces.tenancy.selectors import access_of


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="incidents",
            order=5,
            place=Place.MAIN,
            permission=Permission.SWEEPS_VIEW,
            build=_incidents,
        )
    )


def _incidents(actor: Actor, _at: datetime) -> CardView | None:
    found = list(selectors.lasting()[:20])
    if not found:
        return None
    url = place(access_of(actor=actor).workspace, "retention:sweeps")
    sentence = ngettext(
        "%(n)s incident: deleting does not go as it must.",
        "%(n)s incidents: deleting does not go as it must.",
        len(found),
    ) % {"n": grouped(len(found))}
    return CardView(
        status=Status.BAD,
        sentence=sentence,
        template="retention/incidents/card.html",
        context={"rows": showing.rows(found), "url": url},
        tasks=(
            Task(
                title=sentence,
                action_url=url,
                action_label=_("Open the sweeps"),
                fact=absolute(found[0].opened_at),
                icon_name="alert-octagon",
                tone="bad",
            ),
        ),
    )
