"""The strip below the timeline: the whole time, and which part of it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from audit.explorer import timeline
from audit.explorer.figures import Bucket
from audit.explorer.pages import parameters
from audit.explorer.timeline import Span
from audit.query.rules import Query
from kit.charts import bars
from kit.charts.bars import BarChart, BarLayout, Fill
from kit.charts.scale import percent

_NARROWEST = 0.6  # percent: a minute of a year is still seen
_LABELS = 2


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the template prints; a move that leads nowhere has no address."""

    layout: BarLayout
    begin: datetime
    end: datetime
    x: str
    width: str
    after_x: str
    after_width: str
    earlier_url: str
    later_url: str
    wider_url: str


def span(query: Query, *, oldest: datetime | None, now: datetime) -> Span | None:
    """The whole time, where the query asks for a part of it."""
    if not any(term.key == "at" for term in query.terms):
        return None
    return timeline.span(query.without("at"), oldest=oldest, now=now)


def laid_out(query: Query, shown: Span, buckets: Sequence[Bucket]) -> Overview:
    """The bars with the window on them, and where it can go from here."""
    begin, end = buckets[0].begin, buckets[-1].end
    low, high = _place(shown.begin, buckets), _place(shown.end, buckets)
    width = max(high - low, _NARROWEST)
    low = min(low, 100 - width)
    length = shown.end - shown.begin
    return Overview(
        layout=bars.lay_out(_chart(query, shown, buckets)),
        begin=begin,
        end=end,
        x=percent(low),
        width=percent(width),
        after_x=percent(low + width),
        after_width=percent(100 - low - width),
        earlier_url=_url(query, shown.begin - length, shown.begin)
        if shown.begin > begin
        else "",
        later_url=_url(query, shown.end, shown.end + length) if shown.end < end else "",
        wider_url=_wider(query, shown, begin, end),
    )


def _chart(query: Query, shown: Span, buckets: Sequence[Bucket]) -> BarChart:
    is_daily = buckets[-1].begin - buckets[0].begin >= timedelta(days=3)
    known = {
        "begin": date_format(shown.begin, "j M Y H:i"),
        "end": date_format(shown.end, "j M Y H:i"),
    }
    return BarChart(
        id="overview",
        title=_("Shown: from %(begin)s until %(end)s UTC") % known,
        description=_("The whole time; each bar leads to the entries of its time."),
        caption="",
        category=_("From (UTC)"),
        value_name=_("Entries"),
        bars=tuple(
            bars.Bar(
                label=date_format(one.begin, "j M Y" if is_daily else "j M H:i"),
                value=one.count.number,
                fill=Fill.SECOND,
                url=_url(query, one.begin, one.end),
            )
            for one in buckets
        ),
        label_every=max(1, -(-len(buckets) // _LABELS)),
        plot_height=28,
    )


def _place(at: datetime, buckets: Sequence[Bucket]) -> float:
    """Where a moment stands, in percent: bars are as wide as each other, their times
    are not."""
    for number, one in enumerate(buckets):
        if at < one.end:
            part = (at - one.begin) / (one.end - one.begin)
            return (number + max(part, 0.0)) / len(buckets) * 100
    return 100.0


def _wider(query: Query, shown: Span, begin: datetime, end: datetime) -> str:
    more = (shown.end - shown.begin) / 2
    low, high = max(begin, shown.begin - more), min(end, shown.end + more)
    if (low, high) == (shown.begin, shown.end):
        return ""
    return _url(query, low.replace(second=0, microsecond=0), high)


def _url(query: Query, begin: datetime, end: datetime) -> str:
    return parameters(timeline.between(query, begin, end))
