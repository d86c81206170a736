"""Ends what was shared with members who leave: returning does not bring it back."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kit import departures
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from workspaces.projects import services


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(
            name="project_shares",
            order=42,
            label=_("Projects of others no longer shared with them"),
            end=_end_shares,
        )
    )


def _end_shares(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    """Who is only suspended keeps what was shared with them."""
    if not leaver.is_removed:
        return Ended(count=0)
    return Ended(count=services.end_shares(actor=actor, leaver=leaver, at=at))
