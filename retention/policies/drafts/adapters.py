"""Puts drafts that wait for a second person on the overview of who may be one."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import overview
from kit.actor import Actor
from kit.formatting import grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from retention.places import place
from retention.policies.drafts import selectors
from workspaces.tenancy.selectors import access_of


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="policy_drafts",
            order=45,
            place=Place.STAT,
            permission=Permission.POLICIES_MANAGE,
            build=_waiting,
        )
    )


def _waiting(actor: Actor, at: datetime) -> CardView | None:  # noqa: ARG001
    waiting = selectors.waiting_for(person=actor.id)
    if not waiting:
        return None
    workspace = access_of(actor=actor).workspace
    drafts_url = place(workspace, "retention:policy-drafts")
    number = len(waiting)
    sentence = ngettext(
        "%(n)s policy waits for your approval.",
        "%(n)s policies wait for your approval.",
        number,
    ) % {"n": grouped(number)}
    one_url = place(workspace, "retention:policy-draft", draft=waiting[0].public_id)
    return CardView(
        status=Status.WAIT,
        sentence=sentence,
        template="components/stat.html",
        context={
            "name": _("Drafts of policies"),
            "number": grouped(number),
            "noun": ngettext("draft", "drafts", number),
            "fact": _("waiting for a second person"),
            "url": drafts_url,
            "status_kind": "wait",
            "status_word": _("Waiting"),
        },
        tasks=(
            Task(
                title=sentence.removesuffix("."),
                action_label=_("Approve or decline"),
                action_url=one_url if number == 1 else drafts_url,
                fact=_("Nothing changes until then."),
                icon_name="clock",
                tone="wait",
            ),
        ),
    )
