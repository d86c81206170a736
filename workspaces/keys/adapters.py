"""Ends the keys of a member who leaves, and marks the tokens that they created."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kit import departures
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from workspaces.keys.services import leaving


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(
            name="api_keys", order=10, label=_("API keys revoked"), end=_end_api_keys
        )
    )
    departures.register(
        Ending(
            name="scim_tokens",
            order=20,
            label=_("SCIM tokens marked for rotation"),
            end=_mark_scim_tokens,
        )
    )


def _end_api_keys(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    return Ended(count=leaving.revoke_keys(actor=actor, leaver=leaver, at=at))


def _mark_scim_tokens(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    return Ended(count=leaving.mark_tokens(actor=actor, leaver=leaver, at=at))
