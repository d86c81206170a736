"""What a when-bar shows: one phase after another, and the day by which all is gone."""

from dataclasses import dataclass
from enum import StrEnum


class PhaseFill(StrEnum):
    """How a phase is drawn: the later, the stronger."""

    IDLE = "idle"
    SOFT = "soft"
    HATCHED = "hatched"
    SOLID = "solid"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One phase: its name, when it begins, what can still be done about it.

    `weight` (1 to 4) widens it where its words are long; nothing is to scale, which is
    why the dates are printed.
    """

    name: str
    starts: str
    remark: str
    fill: PhaseFill
    weight: int = 1
    is_final: bool = False


@dataclass(frozen=True, kw_only=True)
class WhenBar:
    """The phases in order, and the red line behind them."""

    title: str
    phases: tuple[Phase, ...]
    limit_label: str
    limit_remark: str
