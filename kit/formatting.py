"""Writes times, durations, numbers and sizes the way every page shows them."""

import re
from datetime import UTC, datetime, timedelta

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DAY = 86_400
HOUR = 3_600
MINUTE = 60
# From here on hours no longer matter to a reader: "in 18 days".
WHOLE_DAYS_FROM = 10 * DAY
# From here on seconds no longer matter: "6 min ago".
WHOLE_MINUTES_FROM = 2 * MINUTE
SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def absolute(at: datetime, *, seconds: bool = False, year: bool = True) -> str:
    """`Wed 25 Nov 2026, 02:00 UTC`; the zone is always said."""
    day = "D j M Y" if year else "D j M"
    clock = "H:i:s" if seconds else "H:i"
    return dateformat.format(at.astimezone(UTC), f"{day}, {clock}") + " UTC"


def day(at: datetime, *, year: bool = True) -> str:
    """`25 Nov 2026`, for facts where the hour does not matter."""
    return dateformat.format(at.astimezone(UTC), "j M Y" if year else "j M")


def relative(at: datetime, *, now: datetime) -> str:
    """`in 16 h 46 min` or `6 min ago`."""
    distance = int((at - now).total_seconds())
    if distance == 0:
        return _("just now")
    length = _distance(abs(distance))
    if distance > 0:
        return _("in %(length)s") % {"length": length}
    return _("%(length)s ago") % {"length": length}


def _distance(seconds: int) -> str:
    if seconds >= WHOLE_DAYS_FROM:
        days = seconds // DAY
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": grouped(days)}
    if seconds >= WHOLE_MINUTES_FROM:
        seconds -= seconds % MINUTE
    return duration(timedelta(seconds=seconds))


def duration(length: timedelta) -> str:
    """At most two units: `7 d 22 h`, `2 min 31 s`, and `4.3 s` under a minute."""
    tenths = length // timedelta(milliseconds=100)
    if tenths < MINUTE * 10:
        return f"{tenths / 10:g} s"
    parts = _units(tenths // 10)
    first = next(index for index, (count, _unit) in enumerate(parts) if count)
    shown = [(count, unit) for count, unit in parts[first : first + 2] if count]
    return " ".join(f"{grouped(count)} {unit}" for count, unit in shown)


def _units(seconds: int) -> list[tuple[int, str]]:
    return [
        (seconds // DAY, "d"),
        (seconds % DAY // HOUR, "h"),
        (seconds % HOUR // MINUTE, "min"),
        (seconds % MINUTE, "s"),
    ]


def grouped(number: int) -> str:
    """`20,511`."""
    return f"{number:,}"


def signed(number: int) -> str:
    """`+6,017` or `-120`, with a true minus: how far two counts differ."""
    sign = "+" if number > 0 else "\N{MINUS SIGN}" if number < 0 else ""
    return f"{sign}{abs(number):,}"


def size(count: int) -> str:
    """`41.6 GB`: decimal units, one decimal from a kilobyte on."""
    if count < 1000:
        return f"{count} B"
    amount = float(count)
    for unit in SIZE_UNITS:
        # 999.95 would print as 1000.0: it belongs to the next unit.
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} EB"


def initials(name: str) -> str:
    """`ML` for `Mara Lindqvist` and for `mara.lindqvist@halden.example`."""
    words = re.findall(r"[^\W_]+", name.partition("@")[0])
    if not words:
        return "?"
    chosen = [words[0], words[-1]] if len(words) > 1 else [words[0]]
    return "".join(word[0] for word in chosen).upper()
