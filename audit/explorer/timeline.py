"""The timeline over the list: how many entries when, each bar a way to narrow it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from audit.explorer.figures import BOUND, Bucket
from audit.explorer.pages import parameters
from audit.query import vocabulary
from audit.query.rules import Query, Term
from kit.charts import bars
from kit.charts.bars import Bar, BarChart, BarLayout
from kit.formatting import grouped

MOST = 60
LABELS = 3  # as many as a phone has room for
_EPOCH = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday
_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 60, 180, 360, 720, 1440, 7 * 1440, 28 * 1440)
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Span:
    """From `begin` until just before `end`, in steps."""

    begin: datetime
    end: datetime
    step: timedelta

    def buckets(self) -> list[Bucket]:
        """The steps, the first and last cut to the span."""
        first = _EPOCH + (self.begin - _EPOCH) // self.step * self.step
        made = []
        while first < self.end:
            after = first + self.step
            made.append(Bucket(begin=max(first, self.begin), end=min(after, self.end)))
            first = after
        return made


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """What the template prints."""

    layout: BarLayout
    legend: Sequence[tuple[str, str]]
    headings: Sequence[str]
    begin: datetime
    end: datetime
    buckets: list[Bucket]
    whole_url: str


def span(query: Query, *, oldest: datetime | None, now: datetime) -> Span:
    """What the query asks for, else from the oldest entry until now."""
    begin, end = oldest or now - _DAY, now + timedelta(minutes=1)
    for term in query.terms:
        low, high = _bounds(term, at=now)
        begin, end = max(begin, low or begin), min(end, high or end)
    begin = begin.replace(second=0, microsecond=0)
    if end <= begin:
        end = begin + timedelta(minutes=1)
    return Span(begin=begin, end=end, step=_step(end - begin))


def laid_out(query: Query, buckets: list[Bucket]) -> Timeline:
    """The bars with their links."""
    step = buckets[0].end - buckets[0].begin if len(buckets) == 1 else None
    is_daily = (step or buckets[1].end - buckets[1].begin) >= _DAY
    chart = BarChart(
        id="timeline",
        title=_title(buckets),
        description=_("Each bar leads to the entries of its time."),
        caption=_("Bars stop at %s entries.") % grouped(BOUND)
        if any(one.count.is_more for one in buckets)
        else "",
        category=_("From (UTC)"),
        value_name=_("Entries"),
        refused_name=_("Refused"),
        bars=tuple(_bar(query, one, is_daily=is_daily) for one in buckets),
        label_every=max(1, -(-len(buckets) // LABELS)),
        plot_height=72,
    )
    return Timeline(
        layout=bars.lay_out(chart),
        legend=bars.legend(chart),
        headings=bars.headings(chart),
        begin=buckets[0].begin,
        end=buckets[-1].end,
        buckets=buckets,
        whole_url=_whole(query),
    )


def between(query: Query, begin: datetime | None, end: datetime | None) -> Query:
    """The query with these times in place of its own."""
    terms = []
    if begin is not None:
        terms.append(Term(key="at", relation=">=", values=(written(begin),)))
    if end is not None:
        terms.append(Term(key="at", relation="<", values=(written(end),)))
    return query.without("at").having(*terms)


def written(at: datetime) -> str:
    """A moment as the query language writes it: a day alone at midnight."""
    utc = at.astimezone(UTC)
    is_midnight = (utc.hour, utc.minute, utc.second) == (0, 0, 0)
    if is_midnight:
        return utc.strftime("%Y-%m-%d")
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ" if utc.second else "%Y-%m-%dT%H:%MZ")


def _whole(query: Query) -> str:
    has_times = any(term.key == "at" for term in query.terms)
    return (parameters(query.without("at")) or "?") if has_times else ""


def _bounds(term: Term, *, at: datetime) -> tuple[Any, Any]:
    if term.key != "at" or term.is_negated:
        return None, None
    moments = [vocabulary.moment(value, at=at) for value in term.values]
    if term.relation == ">=":
        return moments[0], None
    if term.relation == "<":
        return None, moments[0]
    return min(moments), max(moments) + _DAY


def _step(length: timedelta) -> timedelta:
    for step in _STEPS:
        if length / step <= MOST - 1:
            return step
    return _DAY * (length // (_DAY * (MOST - 1)) + 1)


def _bar(query: Query, bucket: Bucket, *, is_daily: bool) -> Bar:
    return Bar(
        label=date_format(bucket.begin, "j M" if is_daily else "j M H:i"),
        value=bucket.count.number,
        refused=bucket.refused,
        url=parameters(between(query, bucket.begin, bucket.end)),
    )


def _title(buckets: list[Bucket]) -> str:
    highest = max(buckets, key=lambda one: one.count.number)
    if not highest.count.number:
        return _("No entries in this time")
    more = "+" if highest.count.is_more else ""
    return _("At most %(count)s entries a bar, from %(when)s") % {
        "count": f"{grouped(highest.count.number)}{more}",
        "when": date_format(highest.begin, "j M Y H:i"),
    }
