"""Ends the sessions and the half-done sign-ins of a member who leaves."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kit import departures
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from workspaces.members.models import User
from workspaces.signin import tickets
from workspaces.signin.endings import EndReason
from workspaces.signin.models import SamlConnection
from workspaces.signin.services import sessions


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(name="sessions", order=1, label=_("Sessions ended"), end=_end_sessions)
    )
    departures.register(
        Ending(
            name="pending_sign_ins",
            order=2,
            label=_("Connections whose pending sign-ins were dropped"),
            end=_drop_pending,
        )
    )


def _end_sessions(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    """All of the person's in the organization: who is elsewhere too signs in anew."""
    count = sessions.end_all_of(
        actor=actor,
        organization_id=leaver.organization_id,
        user=User.objects.get(pk=leaver.user_id),
        reason=EndReason.OFFBOARDED,
        at=at,
    )
    return Ended(count=count)


def _drop_pending(actor: Actor, leaver: Leaver, at: datetime) -> Ended:  # noqa: ARG001
    """Once this has committed: a sign-in that finishes earlier finds it ended later."""
    connections = list(SamlConnection.objects.values_list("public_id", flat=True))
    for one in connections:
        transaction.on_commit(partial(tickets.forget_all, connection=one), robust=True)
    return Ended(count=len(connections))
