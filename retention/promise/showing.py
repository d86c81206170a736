"""Turns the standing of the promise into its verdict, numbers, chart and rows."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.charts.bars import Bar, BarChart
from kit.formatting import absolute, day, duration, grouped
from retention.promise.rules import Day, Stage
from retention.promise.selectors import DAYS, Standing

_NONE = "-"
KINDS = {Stage.KEPT: "ok", Stage.ALARM: "warn", Stage.OVERDUE: "bad"}


def verdict(found: Standing) -> dict[str, str]:
    """The sentence the page opens with."""
    titles = {
        Stage.KEPT: _("The 30-day promise is kept"),
        Stage.ALARM: _("Alarm: something has waited 20 days for its purge"),
        Stage.OVERDUE: _("The 30-day promise is broken"),
    }
    text = _("Nothing that was deleted or has expired is still stored.")
    if found.due_at is not None:
        must = _("The oldest must be gone by %s.")
        if found.stage is Stage.OVERDUE:
            must = _("The oldest had to be gone by %s.")
        text = must % absolute(found.due_at)
    return {"kind": KINDS[found.stage], "title": titles[found.stage], "text": text}


def word(stage: Stage) -> str:
    """The stage in a word."""
    words = {
        Stage.KEPT: _("Kept"),
        Stage.ALARM: _("Alarm"),
        Stage.OVERDUE: _("Broken"),
    }
    return words[stage]


def figures(found: Standing, *, now: datetime) -> list[dict[str, Any]]:
    """On-time share, what waits, what is past its day, what holds keep out."""
    waits = _("nothing waits")
    if found.oldest_at:
        waits = _("the oldest for %s") % duration(now - found.oldest_at)
    return [
        {
            "name": _("Gone in time, %s days") % DAYS,
            "number": share(found.on_time),
            "fact": _lateness(found),
        },
        {
            "name": _("Past their day"),
            "number": grouped(found.overdue),
            "tone": "bad" if found.overdue else "",
            "fact": _("still stored, not held"),
        },
        {
            "name": _("Waiting"),
            "number": grouped(found.waiting),
            "fact": waits,
        },
        {
            "name": _("Out of the promise"),
            "number": grouped(found.held),
            "tone": "held" if found.held else "",
            "fact": _("held; their clock starts anew at the release"),
        },
    ]


def _lateness(found: Standing) -> str:
    """What the share is made of: what is still there past its day counts as well."""
    told = _("%(late)s of %(all)s were late")
    if found.overdue:
        told = _("%(late)s of %(all)s were late, or still are")
    return told % {
        "late": grouped(found.late + found.overdue),
        "all": grouped(found.purged + found.overdue),
    }


def share(on_time: float | None) -> str:
    """A percentage that says 100 only where nothing at all was late."""
    if on_time is None:
        return _NONE
    if on_time == 1:
        return "100 %"
    return f"{min(on_time * 100, 99.99):.2f} %"


def chart(found: Standing, *, now: datetime) -> BarChart:
    """Day by day what comes due in the next 30 days."""
    fullest = max(found.forecast, key=lambda one: one.due)
    return BarChart(
        id="forecast",
        title=_title(found, fullest, now=now),
        description=_("Objects that must be gone on each of the next 30 days."),
        caption=_(
            "Objects due per day, counted in 24 hours from now. What is deleted or"
            " expires from now on is due after these days."
        ),
        bars=tuple(
            Bar(
                label=f"{now + timedelta(days=one.number):%-d}",
                value=one.due,
                is_current=one.number == 0,
            )
            for one in found.forecast
        ),
        category=_("Day"),
        value_name=_("Due"),
        label_every=5,
        plot_height=140,
    )


def rate(found: Standing) -> str:
    """What the fullest day asks, against the measured rate."""
    fullest = max(found.forecast, key=lambda one: one.due)
    if found.per_second is None:
        return _("No sweep has purged anything in these 90 days: no rate is known.")
    measured = grouped(max(round(found.per_second), 1))
    if not fullest.due:
        return _("Sweeps purged %s a second when they ran.") % measured
    seconds = timedelta(seconds=fullest.due / found.per_second)
    return _(
        "Sweeps purged %(rate)s a second when they ran; the fullest day takes %(time)s."
    ) % {
        "rate": measured,
        "time": duration(seconds) if seconds >= timedelta(minutes=1) else _("seconds"),
    }


def _title(found: Standing, fullest: Day, *, now: datetime) -> str:
    if not fullest.due:
        return _("Nothing comes due in the next 30 days")
    title = ngettext(
        "%(n)s object comes due in 30 days, most on %(day)s",
        "%(n)s objects come due in 30 days, most on %(day)s",
        found.waiting,
    )
    on = day(now + timedelta(days=fullest.number))
    return title % {"n": grouped(found.waiting), "day": on}
