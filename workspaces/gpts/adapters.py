"""Hands GPTs over when members leave, gives them back, and runs the downgrade job."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from kit import departures
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from workspaces.gpts.services import leaving, lowering
from workspaces.jobs import runners


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(name="gpts", order=40, label=_("GPTs handed over"), end=_hand_over)
    )
    departures.register(
        Ending(
            name="gpt_shares",
            order=41,
            label=_("GPTs of others no longer shared with them"),
            end=_end_shares,
        )
    )
    departures.register_comeback(name="gpts", bring=_give_back)
    runners.register(kind=lowering.KIND, runner=lowering.run)


def _hand_over(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    """Who is only suspended keeps what is theirs."""
    if not leaver.is_removed:
        return Ended(count=0)
    return Ended(count=leaving.hand_over(actor=actor, leaver=leaver, at=at))


def _end_shares(actor: Actor, leaver: Leaver, at: datetime) -> Ended:
    if not leaver.is_removed:
        return Ended(count=0)
    return Ended(count=leaving.end_shares(actor=actor, leaver=leaver, at=at))


def _give_back(actor: Actor, leaver: Leaver, at: datetime) -> int:
    return leaving.give_back(actor=actor, leaver=leaver, at=at)
