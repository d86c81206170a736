"""Puts the 30-day promise on the overview, and ends the projects of who leaves."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit import departures, overview
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from kit.formatting import duration, grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from retention.deletions import selectors, showing
from retention.deletions.services import leaving
from retention.places import place
from workspaces.tenancy.selectors import access_of

_SOON = timedelta(days=1)


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(
            name="projects",
            order=42,
            label=_lazy("Projects handed over or deleted"),
            end=_end_projects,
        )
    )
    overview.register(
        Card(
            name="promise",
            order=10,
            place=Place.MAIN,
            permission=Permission.SWEEPS_VIEW,
            build=_promise,
        )
    )
    overview.register(
        Card(
            name="next purge",
            order=20,
            place=Place.STAT,
            permission=Permission.SWEEPS_VIEW,
            build=_next_purge,
        )
    )


def _end_projects(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    left = leaving.end_projects(actor=actor, leaver=leaver, at=at)
    return Ended(count=left.handed_over + left.deleted)


def _promise(actor: Actor, at: datetime) -> CardView:
    workspace = access_of(actor=actor).workspace
    waiting = selectors.waiting(workspace=workspace, at=at)
    verdict = showing.verdict(waiting, now=at)
    status = Status(verdict["kind"])
    words = {"ok": _("Kept"), "warn": _("Almost late"), "bad": _("Broken")}
    url = place(workspace, "retention:deletions")
    late = Task(
        title=verdict["title"],
        action_url=place(workspace, "retention:sweeps"),
        action_label=_("Open the sweeps"),
        fact=_("Look why the last sweep left something."),
        tone=status.value,
    )
    return CardView(
        status=status,
        sentence=verdict["title"] + ".",
        template="retention/deletions/card.html",
        context={
            "kind": status.value,
            "word": words[status.value],
            "age": duration(showing.waited(waiting, now=at)),
            "oldest_at": waiting.oldest_at,
            "chart": showing.age_chart(waiting, now=at),
            "url": url,
        },
        tasks=() if status is Status.OK else (late,),
    )


def _next_purge(actor: Actor, at: datetime) -> CardView:
    workspace = access_of(actor=actor).workspace
    now = selectors.due(workspace=workspace, at=at).conversations
    soon = selectors.due(workspace=workspace, at=at + _SOON).conversations
    number = now or soon
    if now:
        fact = _("due now; a sweep takes them within the hour")
    elif soon:
        fact = _("fall due within 24 hours, if nothing changes")
    else:
        fact = _("nothing falls due within 24 hours")
    kind = "run" if now else "wait" if soon else "off"
    words = {"run": _("Due"), "wait": _("Scheduled"), "off": _("None")}
    noun = ngettext("conversation", "conversations", number)
    return CardView(
        status=Status(kind),
        sentence=showing.due_sentence(now),
        template="components/stat.html",
        context={
            "name": _("Next purge"),
            "number": grouped(number),
            "noun": noun,
            "fact": fact,
            "url": place(workspace, "retention:deletions"),
            "status_kind": kind,
            "status_word": words[kind],
        },
    )
