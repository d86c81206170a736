"""The fields of a schedule, with their meaning in words."""

import functools
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.schedules.rules import Cadence, Pace, Schedule, Window


@functools.cache  # asked several times a page, each a walk through the zones' folders
def _zones() -> list[tuple[str, str]]:
    named = sorted(zone for zone in available_timezones() if "/" in zone)
    return [(zone, zone.replace("_", " ")) for zone in ["UTC", *named]]


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ScheduleForm(forms.Form):
    """When sweeps begin, and what they may do at busy hours."""

    cadence = forms.ChoiceField(
        label=_("A sweep begins"),
        choices=[
            (Cadence.HOURLY.value, _("each full hour, when something is due")),
            (Cadence.DAILY.value, _("once a day")),
        ],
        widget=forms.RadioSelect,
    )
    daily_at = forms.TimeField(
        label=_("Once a day at"), required=False, widget=_clock()
    )
    window_begins = forms.TimeField(
        label=_("Quiet hours from"),
        required=False,
        widget=_clock(),
        help_text=_("When nobody minds: sweeps go at full pace. Empty: always."),
    )
    window_ends = forms.TimeField(label=_("until"), required=False, widget=_clock())
    busy_pace = forms.ChoiceField(
        label=_("Outside the quiet hours"),
        choices=[
            (Pace.PACED.value, _("sweeps purge slowly, beside people's work")),
            (Pace.STOPPED.value, _("sweeps purge nothing and wait")),
        ],
        widget=forms.RadioSelect,
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)

    def clean(self) -> dict[str, Any]:
        """Quiet hours have two ends, a daily sweep a time."""
        cleaned: dict[str, Any] = super().clean() or {}
        begins, ends = cleaned.get("window_begins"), cleaned.get("window_ends")
        if (begins is None) != (ends is None):
            self.add_error("window_ends", _("Give both ends, or neither."))
        is_daily = cleaned.get("cadence") == Cadence.DAILY
        if is_daily and cleaned.get("daily_at") is None:
            self.add_error("daily_at", _("Say at what time the daily sweep begins."))
        return cleaned

    @property
    def schedule(self) -> Schedule:
        """What a valid form says."""
        said = self.cleaned_data
        begins, ends = said["window_begins"], said["window_ends"]
        is_daily = said["cadence"] == Cadence.DAILY
        return Schedule(
            cadence=Cadence(said["cadence"]),
            daily_at=said["daily_at"] if is_daily else None,
            window=None if begins is None else Window(begins=begins, ends=ends),
            busy_pace=Pace(said["busy_pace"]),
            zone=said["zone"],
        )


def initial(schedule: Schedule) -> dict[str, Any]:
    """The values of a form that says what a schedule says."""
    window = schedule.window
    return {
        "cadence": schedule.cadence.value,
        "daily_at": schedule.daily_at,
        "window_begins": window and window.begins,
        "window_ends": window and window.ends,
        "busy_pace": schedule.busy_pace.value,
        "zone": schedule.zone,
    }
