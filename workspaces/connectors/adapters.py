"""Cuts what a leaver linked, and puts connectors on the overview."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit import clock, departures, overview
from kit.actor import Actor
from kit.departures import Call, CallFailed, Ended, Ending, Leaver
from kit.formatting import grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from workspaces.connectors import selectors, services

_CALL = "connector_grant"
_MOST_TASKS = 5


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(
            name="connector_grants",
            order=30,
            label=_lazy("Sign-ins to connected apps cut"),
            end=_end_grants,
        )
    )
    departures.register_caller(kind=_CALL, make=_revoke)
    overview.register(
        Card(
            name="connectors",
            order=80,
            place=Place.STAT,
            permission=Permission.CONNECTORS_VIEW,
            build=_connectors,
        )
    )


def _end_grants(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    cut = services.cut_of_leaver(actor=actor, leaver=leaver, at=at)
    calls = tuple(
        Call(
            kind=_CALL,
            arguments={
                "grant": str(grant),
                "workspace_id": str(leaver.workspace_id),
                "organization_id": str(leaver.organization_id),
            },
        )
        for grant in cut.due
    )
    return Ended(count=cut.number, calls=calls)


def _revoke(arguments: Mapping[str, str]) -> None:
    """The same row that the workers of connectors find; whoever comes first does it."""
    is_told = services.make_one(
        grant=UUID(arguments["grant"]),
        workspace_id=int(arguments["workspace_id"]),
        organization_id=int(arguments["organization_id"]),
        clock=clock.now,
    )
    if not is_told:
        raise CallFailed(_CALL)


def _connectors(actor: Actor, at: datetime) -> CardView | None:
    found = selectors.every()
    is_on = sum(1 for setup in found if setup.row.is_allowed)
    overdue = selectors.overdue_reviews(today=at.date())
    signed_in = sum(selectors.working_counts().values())
    tasks = _tasks(overdue) if actor.may(Permission.CONNECTORS_MANAGE) else ()
    sentence = ngettext("%(n)s connector is on.", "%(n)s connectors are on.", is_on) % {
        "n": grouped(is_on)
    }
    late = ngettext(
        "The review of %(n)s connector is overdue.",
        "The reviews of %(n)s connectors are overdue.",
        len(overdue),
    ) % {"n": grouped(len(overdue))}
    return CardView(
        status=Status.WARN if overdue else Status.OK,
        sentence=late if overdue else sentence,
        template="workspaces/connectors/card.html",
        context={
            "name": _("Connectors"),
            "number": grouped(is_on),
            "fact": ngettext(
                "%(n)s sign-in of a member", "%(n)s sign-ins of members", signed_in
            )
            % {"n": grouped(signed_in)},
            "is_late": bool(overdue),
        },
        tasks=tasks,
    )


def _tasks(overdue: list[selectors.Setup]) -> tuple[Task, ...]:
    return tuple(
        Task(
            title=_("Look at %s again: its review is overdue") % setup.label,
            action_label=_("Review it"),
            page="workspaces:connectors-list",
            icon_name="plug-connected",
        )
        for setup in overdue[:_MOST_TASKS]
    )
