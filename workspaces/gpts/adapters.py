"""Hands GPTs over and gives them back, runs the downgrade job, shows what waits."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit import departures, overview
from kit.actor import Actor
from kit.departures import Ended, Ending, Leaver
from kit.formatting import grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from workspaces.gpts import selectors
from workspaces.gpts.services import leaving, lowering
from workspaces.jobs import runners


def register() -> None:
    """Called once, when the app is ready."""
    departures.register(
        Ending(name="gpts", order=40, label=_lazy("GPTs handed over"), end=_hand_over)
    )
    departures.register(
        Ending(
            name="gpt_shares",
            order=41,
            label=_lazy("GPTs of others no longer shared with them"),
            end=_end_shares,
        )
    )
    overview.register(
        Card(
            name="gpt_reviews",
            order=82,
            place=Place.STAT,
            permission=Permission.GPTS_REVIEW,
            build=_reviews,
        )
    )
    departures.register_comeback(name="gpts", bring=_give_back)
    runners.register(kind=lowering.KIND, runner=lowering.run)


def _reviews(actor: Actor, at: datetime) -> CardView | None:  # noqa: ARG001
    number = selectors.waiting_count()
    if not number:
        return None
    sentence = ngettext(
        "%(n)s GPT waits for a review.", "%(n)s GPTs wait for a review.", number
    ) % {"n": grouped(number)}
    return CardView(
        status=Status.WAIT,
        sentence=sentence,
        template="components/stat.html",
        context={
            "name": _("Reviews of GPTs"),
            "number": grouped(number),
            "noun": ngettext("GPT", "GPTs", number),
            "fact": _("public once somebody approves"),
            "status_kind": "wait",
            "status_word": _("Waiting"),
        },
        tasks=(
            Task(
                title=sentence.removesuffix("."),
                action_label=_("Review"),
                page="workspaces:gpts-reviews",
                icon_name="sparkles",
                tone="wait",
            ),
        ),
    )


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
