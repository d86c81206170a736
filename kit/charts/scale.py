"""Chooses an axis that starts at zero, with at most four grid lines."""

import math
from dataclasses import dataclass

# Steps of an axis, times a power of ten; fewer than this many fit under the top.
STEPS = (1, 2, 5, 10, 20)
LINES = 4


@dataclass(frozen=True, kw_only=True)
class GridLine:
    """A value of the axis and where it lies, in pixels from the top."""

    value: float
    label: str
    y: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Maps values to pixels: zero lies on the base line, `top` under the upper edge."""

    top: float
    step: float
    base: float
    height: float

    def y(self, value: float) -> float:
        """Pixels from the top of the picture to the value."""
        return self.base - self.length(value)

    def length(self, value: float) -> float:
        """Pixels that the value is tall."""
        return value / self.top * self.height

    def grid(self, *, unit: str = "") -> tuple[GridLine, ...]:
        """The lines to draw, the base line first; the unit stands at the top one."""
        count = math.floor(self.top / self.step + 1e-9)
        return tuple(
            self._line(index, unit if index == count else "", count)
            for index in range(count + 1)
        )

    def _line(self, index: int, unit: str, count: int) -> GridLine:
        value = index * self.step
        label = f"{value:,.0f}" if self.step >= 1 else f"{value:g}"
        return GridLine(
            value=value,
            label=f"{label} {unit}".strip() if count else label,
            y=pixels(self.y(value)),
        )


def fit(highest: float, *, base: float, height: float) -> Scale:
    """A scale whose steps are round, with at most three lines over the base."""
    if highest <= 0:
        return Scale(top=1, step=1, base=base, height=height)
    power = 10.0 ** math.floor(math.log10(highest / LINES))
    step = next(m * power for m in STEPS if highest / (m * power) < LINES)
    return Scale(top=max(highest, step), step=step, base=base, height=height)


def pixels(value: float) -> str:
    """An SVG number: never localized, never longer than needed."""
    return f"{round(value, 2):g}"


def percent(value: float) -> str:
    """A horizontal position; widths are relative so that text keeps its size."""
    return f"{round(value, 3):g}%"
