"""Puts streams into the words and parts of their pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from audit.streams.kinds import DESTINATIONS, FORMAT_LABELS, Format, Kind
from audit.streams.models import AuditStream, AuditStreamSample
from audit.streams.places import Where
from audit.streams.rules import Standing
from audit.streams.selectors import CHART_HOURS, Progress
from kit.charts.bars import Bar, BarChart, Fill
from kit.formatting import absolute, grouped, relative

STANDINGS = {
    Standing.PAUSED: ("off", _lazy("Paused")),
    Standing.FLOWS: ("ok", _lazy("Flowing")),
    Standing.FAILS: ("warn", _lazy("Trying again")),
    Standing.LATE: ("bad", _lazy("Behind")),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the list."""

    stream: AuditStream
    url: str
    kind: str
    status: tuple[str, str]
    behind: str
    sent: str


def row(stream: AuditStream, progress: Progress, *, where: Where) -> Row:
    """The line of a stream."""
    kind, word = STANDINGS[progress.standing]
    return Row(
        stream=stream,
        url=where.url("stream", stream=stream.public_id),
        kind=str(DESTINATIONS[Kind(stream.kind)].label),
        status=(kind, str(word)),
        behind=grouped(progress.behind),
        sent=grouped(stream.sent),
    )


def sentence(progress: Progress) -> str:
    """How a stream stands, as the head of its page says it."""
    waiting = ngettext("%s entry waits", "%s entries wait", progress.behind) % grouped(
        progress.behind
    )
    if progress.standing is Standing.PAUSED:
        return _("Nothing is sent. %s.") % waiting
    if not progress.behind:
        return _("The receiver has confirmed everything.")
    if progress.since is None or progress.standing is Standing.FLOWS:
        return _("%s to be sent.") % waiting
    return _("%(waiting)s, the oldest since %(since)s. Nothing is lost meanwhile.") % {
        "waiting": waiting,
        "since": absolute(progress.since),
    }


def facts(
    stream: AuditStream, settings: dict[str, str], *, where: Where, now: datetime
) -> list[dict[str, Any]]:
    """What a stream is; of its settings those that are no secret."""
    destination = DESTINATIONS[Kind(stream.kind)]
    cursor = f"{stream.cursor_epoch}/{stream.cursor_index}"
    found: list[dict[str, Any]] = [
        {"name": _("Goes to"), "value": stream.host, "is_mono": True},
        {"name": _("As"), "value": destination.label},
        {"name": _("Format"), "value": FORMAT_LABELS[Format(stream.format)]},
        {
            "name": _("Filter"),
            "value": stream.query or _("every entry"),
            "is_mono": bool(stream.query),
        },
        {"name": _("Covers"), "value": _covers(stream, where)},
        {
            "name": _("Confirmed up to"),
            "value": cursor if stream.cursor_index >= 0 else _("nothing yet"),
            "is_mono": True,
        },
        {"name": _("Sent"), "value": _sent(stream, now)},
    ]
    for setting in destination.settings:
        value = settings.get(setting.name, "")
        if setting.is_secret or setting.is_address or value in ("", stream.host):
            continue
        label = dict(setting.choices).get(
            value, _("given") if setting.is_long else value
        )
        found.append({"name": setting.label, "value": label})
    return found


def chart(
    samples: list[AuditStreamSample], progress: Progress, *, now: datetime
) -> BarChart:
    """How far it was behind in each hour; the present hour shows where it stands."""
    this = now.replace(minute=0, second=0, microsecond=0)
    hours = [this - timedelta(hours=back) for back in range(CHART_HOURS)][::-1]
    known = {one.hour: one for one in samples}
    bars = []
    for hour in hours:
        sample = known.get(hour)
        value = sample.behind if sample else 0
        if hour == this:
            value = progress.behind
        bars.append(
            Bar(
                label=f"{hour:%H}",
                value=value,
                is_current=hour == this,
                fill=Fill.SECOND if hour == this else Fill.SOLID,
            )
        )
    worst = max((bar.value for bar in bars), default=0)
    title = _("Nothing waited")
    if worst:
        title = _("At most %s entries waited in an hour") % grouped(int(worst))
    return BarChart(
        id="lag",
        title=title,
        description=_(
            "Entries that waited to be sent, the most in each hour of a day."
        ),
        caption=_("Entries that waited, by hour (UTC)"),
        bars=tuple(bars),
        category=_("Hour"),
        value_name=_("Waiting"),
        label_every=3,
        plot_height=120,
    )


def test_state(stream: AuditStream, *, now: datetime) -> dict[str, str] | None:
    """How the last test event ended, or that it is on its way."""
    if stream.test_asked_at is not None:
        return {"kind": "run", "word": _("On its way"), "text": ""}
    if stream.tested_at is None:
        return None
    when = relative(stream.tested_at, now=now)
    if stream.test_error:
        return {"kind": "bad", "word": _("Failed"), "text": stream.test_error}
    return {"kind": "ok", "word": _("Arrived"), "text": _("Confirmed %s.") % when}


def _covers(stream: AuditStream, where: Where) -> str:
    if stream.workspace is None:
        return _("the whole organization")
    if where.workspace is not None:
        return _("this workspace")
    return _("the workspace %s") % stream.workspace


def _sent(stream: AuditStream, now: datetime) -> str:
    if stream.sent_at is None:
        return _("nothing yet")
    return _("%(n)s, the last %(when)s") % {
        "n": grouped(stream.sent),
        "when": relative(stream.sent_at, now=now),
    }
