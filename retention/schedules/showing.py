"""Says a schedule in words: when sweeps begin, how fast they go, and the next times."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kit.formatting import absolute, relative
from retention.schedules.rules import (
    Pace,
    Schedule,
    next_beginnings,
    pace_at,
)

NEXT = 5


def sentence(schedule: Schedule) -> str:
    """The whole schedule in one or two sentences."""
    if schedule.daily_at is None:
        begins = _("A sweep begins each full hour, when something is due.")
    else:
        begins = _("A sweep begins each day at %(time)s, when something is due.") % {
            "time": f"{schedule.daily_at:%H:%M}"
        }
    return f"{begins} {_hours(schedule)} {_zone(schedule)}"


def now_sentence(schedule: Schedule, *, at: datetime) -> str:
    """What a sweep may do at this moment."""
    return {
        Pace.FULL: _("At this hour a sweep goes at full pace."),
        Pace.PACED: _("At this hour a sweep purges slowly, beside people's work."),
        Pace.STOPPED: _("At this hour a sweep purges nothing and waits."),
    }[pace_at(schedule, at=at)]


def beginnings(schedule: Schedule, *, at: datetime) -> list[dict[str, Any]]:
    """The next times, on the clocks of the zone and in UTC."""
    return [
        {
            "there": _there(schedule, moment),
            "utc": absolute(moment),
            "away": relative(moment, now=at),
        }
        for moment in next_beginnings(schedule, after=at, n=NEXT)
    ]


def _there(schedule: Schedule, moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(schedule.zone))
    return f"{local:%a %-d %b %Y, %H:%M}"


def _hours(schedule: Schedule) -> str:
    if schedule.window is None:
        return _("It goes at full pace at any hour.")
    text = (
        _("It goes at full pace from %(from)s to %(to)s and waits otherwise.")
        if schedule.busy_pace is Pace.STOPPED
        else _("It goes at full pace from %(from)s to %(to)s and slowly otherwise.")
    )
    window = schedule.window
    return text % {"from": f"{window.begins:%H:%M}", "to": f"{window.ends:%H:%M}"}


def _zone(schedule: Schedule) -> str:
    return _("Times are those of %s.") % schedule.zone.replace("_", " ")
