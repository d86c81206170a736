"""Lays out the age histogram: what is still stored, day by day, against day 30."""

from dataclasses import dataclass

from kit.charts.scale import fit, percent, pixels

LIMIT_DAYS = 30
# Two days of room behind the red line, as the axis must show what lies beyond.
SPAN_DAYS = 32
LABEL_EVERY_DAYS = 5
TOP = 24.0
BAND_TOP = 18.0
FOOT = 24.0


@dataclass(frozen=True, kw_only=True)
class AgeChart:
    """Counts by full days since deletion or expiry; index 0 is the youngest day."""

    id: str
    title: str
    description: str
    caption: str
    counts: tuple[int, ...]
    restorable_days: int
    restorable_label: str
    next_label: str
    limit_label: str
    room_label: str
    value_name: str
    day_name: str
    plot_height: int = 104


@dataclass(frozen=True, kw_only=True)
class AgeBar:
    """One day's bar; `kind` is waiting, next (goes tonight) or late."""

    day: int
    count: int
    kind: str
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """The free stretch between the oldest thing and the red line."""

    start: str
    width: str


@dataclass(frozen=True, kw_only=True)
class AgeLayout:
    """Everything the template prints."""

    chart: AgeChart
    height: str
    base: str
    label_y: str
    bars: tuple[AgeBar, ...]
    labels: tuple[tuple[str, str], ...]
    restorable_width: str
    restorable_height: str
    limit_x: str
    limit_days: int
    next_x: str
    next_y: str
    room: Room | None
    room_y: str


def lay_out(chart: AgeChart) -> AgeLayout:
    """Places the bars; those past day 30 stand right of the line and turn red."""
    base = TOP + chart.plot_height
    span = max(SPAN_DAYS, len(chart.counts) + 1)
    scale = fit(max(chart.counts, default=0), base=base, height=chart.plot_height - 16)
    oldest = max((day for day, count in enumerate(chart.counts) if count), default=-1)
    return AgeLayout(
        chart=chart,
        height=pixels(base + FOOT),
        base=pixels(base),
        label_y=pixels(base + 18),
        bars=tuple(
            AgeBar(
                day=day,
                count=count,
                kind=_kind(day, chart),
                x=percent((day + 0.1) * 100 / span),
                width=percent(80 / span),
                y=pixels(scale.y(count)),
                height=pixels(scale.length(count)),
            )
            for day, count in enumerate(chart.counts)
        ),
        labels=_labels(span),
        restorable_width=percent(chart.restorable_days * 100 / span),
        restorable_height=pixels(base - BAND_TOP),
        limit_x=percent(LIMIT_DAYS * 100 / span),
        limit_days=LIMIT_DAYS,
        # Past the middle the words would run into the red line's own.
        next_x=percent((oldest + 1) * 100 / span) if oldest < LIMIT_DAYS / 2 else "",
        next_y=pixels(base - 8),
        room=_room(oldest + 1, span),
        room_y=pixels(base - chart.plot_height / 2),
    )


def _kind(day: int, chart: AgeChart) -> str:
    if day >= LIMIT_DAYS:
        return "late"
    return "next" if day >= chart.restorable_days else "waiting"


def _labels(span: int) -> tuple[tuple[str, str], ...]:
    days = range(0, span, LABEL_EVERY_DAYS)
    return tuple(
        (percent(day * 100 / span), str(day)) for day in days if day != LIMIT_DAYS
    )


def _room(first_free_day: int, span: int) -> Room | None:
    """The free stretch; none when it has no room for words."""
    if first_free_day > LIMIT_DAYS / 2:
        return None
    return Room(
        start=percent(first_free_day * 100 / span),
        width=percent((LIMIT_DAYS - first_free_day) * 100 / span),
    )
