"""Turns what waits for its purge into the verdict, the numbers and the age chart."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.charts.ages import LIMIT_DAYS, AgeChart
from kit.formatting import absolute, duration, grouped
from retention.deletions.objects import KindWaiting
from retention.deletions.selectors import Waiting

LIMIT = timedelta(days=LIMIT_DAYS)
# So long before day 30 somebody must look: sweeps run each hour.
_LATE = timedelta(days=LIMIT_DAYS - 2)


def kind(waiting: Waiting, *, now: datetime) -> str:
    """How the 30-day promise stands: ok, warn or bad."""
    age = waited(waiting, now=now)
    if age > LIMIT:
        return "bad"
    return "warn" if age > _LATE else "ok"


def verdict(waiting: Waiting, *, now: datetime) -> dict[str, str]:
    """The sentence the page opens with."""
    standing = kind(waiting, now=now)
    age = waited(waiting, now=now)
    if standing == "bad":
        title = _("The 30-day promise is broken")
    elif standing == "warn":
        title = _("The 30-day promise is about to break")
    else:
        title = _("Every deletion is within its 30 days")
    if waiting.oldest_at is None:
        text = _("Nothing that was deleted or has expired is still stored.")
    else:
        text = _(
            "The oldest has waited %(age)s, since %(since)s; the limit is 30 days."
        )
        text %= {"age": duration(age), "since": absolute(waiting.oldest_at)}
    if waiting.held:
        text += " " + held_sentence(waiting.held)
    return {"kind": standing, "title": title, "text": text}


def held_sentence(number: int) -> str:
    """What holds keep, which the promise leaves out."""
    return ngettext(
        "%(n)s stays stored because a legal hold covers it.",
        "%(n)s stay stored because a legal hold covers them.",
        number,
    ) % {"n": grouped(number)}


def waited(waiting: Waiting, *, now: datetime) -> timedelta:
    """For how long the oldest has been deleted or expired."""
    return timedelta(0) if waiting.oldest_at is None else now - waiting.oldest_at


def figures(waiting: Waiting) -> list[dict[str, Any]]:
    """What waits, and why it has not gone yet."""
    return [
        {
            "name": _("Deleted by their owners"),
            "number": grouped(waiting.deleted),
            "fact": _("hidden from everyone"),
        },
        {
            "name": _("Expired by policy"),
            "number": grouped(waiting.expired),
            "fact": _("hidden from everyone"),
        },
        {
            "name": _("Can still come back"),
            "number": grouped(_restorable(waiting)),
            "fact": _("inside their undo window"),
        },
        {
            "name": _("Kept by holds"),
            "number": grouped(waiting.held),
            "tone": "held" if waiting.held else "",
            "fact": _("not counted otherwise"),
        },
    ]


def age_chart(waiting: Waiting, *, now: datetime) -> AgeChart:
    """What waits, by days since deletion or expiry, against the red line."""
    age = waited(waiting, now=now)
    total = _conversations(waiting.total)
    return AgeChart(
        id="ages",
        title=_("The oldest has waited %s; the limit is 30 days") % duration(age),
        description=_("Waiting for their purge: %s.") % total,
        caption=_("Days since deletion or expiry. Waiting: %s; held ones not counted.")
        % total,
        counts=waiting.by_day,
        restorable_days=waiting.undo_days,
        restorable_label=_("%s can come back") % grouped(_restorable(waiting))
        if waiting.undo_days
        else "",
        next_label=_("%s due") % grouped(waiting.due.conversations)
        if waiting.due.conversations
        else "",
        limit_label=_("Promise: gone by day 30"),
        room_label=_("%s of room, nothing here")
        % duration(max(LIMIT - age, LIMIT * 0)),
        value_name=_("Conversations"),
        day_name=_("Day"),
    )


def due_sentence(number: int) -> str:
    """What a sweep would take now."""
    if not number:
        return _("Nothing is due: a sweep now would purge nothing.")
    return ngettext(
        "%(n)s conversation is due and goes with the next sweep.",
        "%(n)s conversations are due and go with the next sweep.",
        number,
    ) % {"n": grouped(number)}


def with_others(waiting: Waiting, others: Sequence[KindWaiting]) -> Waiting:
    """The same with the oldest of any kind: the promise is one for all of them."""
    moments = [waiting.oldest_at, *(one.oldest_at for one in others)]
    return replace(
        waiting,
        oldest_at=min((at for at in moments if at), default=None),
        held=waiting.held + sum(one.held for one in others),
    )


def others(waiting: Sequence[KindWaiting], *, now: datetime) -> list[dict[str, Any]]:
    """What of other kinds is deleted and still stored."""
    return [
        {
            "labels": one.labels,
            "deleted": one.deleted,
            "due": one.due,
            "held": one.held,
            "oldest": duration(now - one.oldest_at) if one.oldest_at else "",
        }
        for one in waiting
    ]


def _restorable(waiting: Waiting) -> int:
    return max(waiting.total - waiting.due.conversations, 0)


def _conversations(number: int) -> str:
    return ngettext("%(n)s conversation", "%(n)s conversations", number) % {
        "n": grouped(number)
    }
