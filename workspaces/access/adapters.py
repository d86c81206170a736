"""Ends the custom roles of a member who leaves."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kit import departures
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from workspaces.access import services


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(
            name="custom_roles",
            order=30,
            label=_("Custom roles taken back"),
            end=_end,
        )
    )


def _end(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    count = services.end_assignments(actor=actor, leaver=leaver, at=at)
    return Ended(count=count)
