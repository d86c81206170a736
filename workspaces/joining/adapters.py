"""Puts people who wait to be let in on the overview."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import overview
from kit.actor import Actor
from kit.formatting import grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from workspaces.joining import selectors


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="join_requests",
            order=85,
            place=Place.STAT,
            permission=Permission.MEMBERS_MANAGE,
            build=_waiting,
        )
    )


def _waiting(actor: Actor, at: datetime) -> CardView | None:  # noqa: ARG001
    number = selectors.pending_number()
    if not number:
        return None
    sentence = ngettext(
        "%(n)s person asks to join.", "%(n)s people ask to join.", number
    ) % {"n": grouped(number)}
    return CardView(
        status=Status.WAIT,
        sentence=sentence,
        template="components/stat.html",
        context={
            "name": _("Join requests"),
            "number": grouped(number),
            "noun": ngettext("person", "people", number),
            "fact": _("waiting for an answer"),
            "status_kind": "wait",
            "status_word": _("Waiting"),
        },
        tasks=(
            Task(
                title=sentence.removesuffix("."),
                action_label=_("Answer"),
                page="workspaces:joining-list",
                icon_name="user-plus",
                tone="wait",
            ),
        ),
    )
