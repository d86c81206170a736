"""Lays out a bar chart: solid, planned and held parts, a tick for the comparison."""

import math
from dataclasses import dataclass
from enum import StrEnum

from kit.charts.scale import GridLine, Scale, fit, percent, pixels

TOP = 24.0
GAP = 2.0
FOOT = 24.0
LINE = 16
# A phone has room for this many labels under the axis.
LABELS_ON_PHONE = 8


class Fill(StrEnum):
    """How a bar is drawn; each survives a gray print."""

    SOLID = "solid"
    SECOND = "second"
    PLANNED = "planned"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One column: its figure, what was held on top of it, what it is compared with.

    `said` stands in the table in place of a figure that is not told.
    """

    label: str
    value: float
    held: float = 0
    compared: float | None = None
    fill: Fill = Fill.SOLID
    refused: int = 0
    is_current: bool = False
    url: str = ""
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A sentence at a bar: the finding in bold, then at most two lines."""

    bar: int
    title: str
    lines: tuple[str, ...] = ()
    is_held: bool = False


@dataclass(frozen=True, kw_only=True)
class BarChart:
    """What the chart says; `title` is the finding, not the subject."""

    id: str
    title: str
    description: str
    caption: str
    bars: tuple[Bar, ...]
    category: str
    value_name: str
    planned_name: str = ""
    held_name: str = ""
    compared_name: str = ""
    refused_name: str = ""
    unit: str = ""
    annotation: Annotation | None = None
    divider_before: int | None = None
    divider_label: str = ""
    label_every: int = 1
    plot_height: int = 160

    def figures(self, bar: Bar) -> tuple[str, ...]:
        """The figures of a bar, one for each named series."""
        if bar.said:
            return (bar.said,)
        pairs = (
            (self.value_name, bar.value),
            (self.held_name, bar.held),
            (self.compared_name, bar.compared or 0),
            (self.refused_name, bar.refused),
        )
        return tuple(_figure(figure) for name, figure in pairs if name)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One bar with the attributes of its rectangles, marks and label."""

    bar: Bar
    figures: tuple[str, ...]
    x: str
    width: str
    center: str
    y: str
    height: str
    held_y: str
    held_height: str
    tick_x: str
    tick_width: str
    tick_y: str
    mark_y: str
    label: str
    label_on_phone: bool


@dataclass(frozen=True, kw_only=True)
class PlacedAnnotation:
    """Where the sentence stands; in the right half it ends at its bar."""

    annotation: Annotation
    x: str
    dx: str
    anchor: str
    title_y: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class BarLayout:
    """Everything the template prints."""

    chart: BarChart
    height: str
    base: str
    label_y: str
    grid: tuple[GridLine, ...]
    columns: tuple[Column, ...]
    divider: str
    annotation: PlacedAnnotation | None


def lay_out(chart: BarChart) -> BarLayout:
    """Places every part; the axis starts at zero."""
    base = TOP + chart.plot_height
    highest = max((_highest(bar) for bar in chart.bars), default=0)
    scale = fit(highest, base=base, height=chart.plot_height)
    slot = 100 / max(len(chart.bars), 1)
    divider = chart.divider_before
    return BarLayout(
        chart=chart,
        height=pixels(base + FOOT),
        base=pixels(base),
        label_y=pixels(base + 18),
        grid=scale.grid(unit=chart.unit),
        columns=tuple(
            _column(chart, index, slot, scale) for index in range(len(chart.bars))
        ),
        divider="" if divider is None else percent(divider * slot),
        annotation=_annotation(chart, slot, scale),
    )


def legend(chart: BarChart) -> tuple[tuple[str, str], ...]:
    """The series that occur, as (kind, name), in the order they are stacked."""
    fills = {bar.fill for bar in chart.bars}
    names = [("second" if fills == {Fill.SECOND} else "solid", chart.value_name)]
    if Fill.PLANNED in fills:
        names.append(("planned", chart.planned_name))
    if any(bar.compared is not None for bar in chart.bars):
        names.append(("tick", chart.compared_name))
    if any(bar.held for bar in chart.bars):
        names.append(("held", chart.held_name))
    if any(bar.refused for bar in chart.bars):
        names.append(("refused", chart.refused_name))
    return tuple(names)


def headings(chart: BarChart) -> tuple[str, ...]:
    """Column heads of the table with the same figures, after the category."""
    names = (chart.value_name, chart.held_name, chart.compared_name, chart.refused_name)
    return tuple(name for name in names if name)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _highest(bar: Bar) -> float:
    return max(bar.value + bar.held, bar.compared or 0)


def _column(chart: BarChart, index: int, slot: float, scale: Scale) -> Column:
    bar = chart.bars[index]
    width = slot * 0.74
    center = (index + 0.5) * slot
    held = scale.length(bar.held)
    # The gap is taken from the held part, so that heights still add up.
    gap = min(GAP, held / 2) if bar.held else 0
    return Column(
        bar=bar,
        figures=chart.figures(bar),
        x=percent(center - width / 2),
        width=percent(width),
        center=percent(center),
        y=pixels(scale.y(bar.value)),
        height=pixels(scale.length(bar.value)),
        held_y=pixels(scale.y(bar.value + bar.held)),
        held_height=pixels(held - gap),
        tick_x=percent(center - slot * 0.45),
        tick_width=percent(slot * 0.9),
        tick_y=pixels(scale.y(bar.compared or 0) - 1.5),
        mark_y=pixels(scale.y(bar.value + bar.held) - 6),
        label=bar.label if index % chart.label_every == 0 else "",
        label_on_phone=_fits_phone(index, chart),
    )


def _fits_phone(index: int, chart: BarChart) -> bool:
    labels = math.ceil(len(chart.bars) / chart.label_every)
    every = chart.label_every * math.ceil(labels / LABELS_ON_PHONE)
    current = next((i for i, bar in enumerate(chart.bars) if bar.is_current), 0)
    return (index - current) % every == 0


def _annotation(chart: BarChart, slot: float, scale: Scale) -> PlacedAnnotation | None:
    note = chart.annotation
    if note is None:
        return None
    bar = chart.bars[note.bar]
    center = (note.bar + 0.5) * slot
    is_left = center <= 50
    edge = center + slot * 0.37 * (1 if is_left else -1)
    top = scale.y(bar.value + bar.held) + 10
    return PlacedAnnotation(
        annotation=note,
        x=percent(edge),
        dx="8" if is_left else "-8",
        anchor="start" if is_left else "end",
        title_y=pixels(top),
        lines=tuple(
            (pixels(top + LINE * number), line)
            for number, line in enumerate(note.lines, start=1)
        ),
    )
