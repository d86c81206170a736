"""Turns the counts that may be shown into charts, a table and totals in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from kit.charts.bars import Bar, BarChart
from kit.formatting import grouped
from workspaces.analytics.rules import FLOOR, Row

NAMES: tuple[str | Promise, ...] = (
    _lazy("Active members"),
    _lazy("New conversations"),
    _lazy("Messages"),
    _lazy("GPTs made"),
    _lazy("Connectors linked"),
    _lazy("GPT uses"),
    _lazy("Connector uses"),
)


def charts(rows: Sequence[Row], begins: Sequence[datetime]) -> list[BarChart]:
    """One chart for each measure that has anything to show."""
    return [
        _chart(number, row, begins) for number, row in enumerate(rows) if any(row.cells)
    ]


def figures(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The newest week of members, and the totals of the rest."""
    newest = rows[0].cells[-1]
    found = [
        {
            "name": NAMES[0],
            "number": _count(0, newest),
            "fact": _("in the last whole week"),
        }
    ]
    for name, row in zip(NAMES[1:], rows[1:], strict=True):
        found.append(
            {
                "name": name,
                "number": _("Not shown") if row.total is None else grouped(row.total),
                "fact": _("a total would give a hidden week away")
                if row.total is None
                else _("in twelve weeks"),
            }
        )
    return found


def table(rows: Sequence[Row], begins: Sequence[datetime]) -> list[dict[str, Any]]:
    """Every week, the newest first."""
    lines = [
        {
            "week": f"{begun:%-d %b %Y}",
            "cells": [
                {"name": name, "text": _count(number, row.cells[place])}
                for number, (name, row) in enumerate(zip(NAMES, rows, strict=True))
            ],
        }
        for place, begun in enumerate(begins)
    ]
    return lines[::-1]


def _chart(number: int, row: Row, begins: Sequence[datetime]) -> BarChart:
    name = str(NAMES[number])
    known = [cell for cell in row.cells if cell is not None]
    most = max(known, default=0)
    return BarChart(
        id=f"measure-{number}",
        title=_("%(name)s: at most %(most)s in a week")
        % {"name": name, "most": grouped(most)},
        description=_("%s, week by week; fewer than five are not drawn.") % name,
        caption=(
            _("%(name)s per week, %(first)s to %(last)s; some weeks are hidden")
            if None in row.cells
            else _("%(name)s per week, %(first)s to %(last)s")
        )
        % {
            "name": name,
            "first": f"{begins[0]:%-d %b}",
            "last": f"{begins[-1]:%-d %b %Y}",
        },
        bars=tuple(
            Bar(
                label=f"{begun:%-d %b}",
                value=cell or 0,
                said=_count(number, None) if cell is None else "",
            )
            for begun, cell in zip(begins, row.cells, strict=True)
        ),
        category=_("Week of"),
        value_name=name,
        label_every=3,
        plot_height=120,
    )


def _count(number: int, cell: int | None) -> str:
    """A count in words; what few members did may be any number, and is not told."""
    if cell is not None:
        return grouped(cell)
    return _("not shown") if number else _("fewer than %s") % FLOOR
