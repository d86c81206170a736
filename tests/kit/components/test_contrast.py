"""Every pair of text and ground keeps the contrast that the design promises."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = Path(settings.BASE_DIR) / "config/static/css/tokens.css"
PAIR = re.compile(r"--c-(\w+): light-dark\((#\w{6}), (#\w{6})\)")
COLORS = {name: pair for name, *pair in PAIR.findall(TOKENS.read_text())}
STATUSES = ("ok", "warn", "bad", "held", "off")
TEXTS = [
    *[(text, ground) for text in ("ink", "ink2", "ink3", "accent")
      for ground in ("surface", "sunken", "bg", "accentsoft")],
    *[(status, f"{status}soft") for status in STATUSES],
    *[(status, "surface") for status in STATUSES],
    ("ink3", "offsoft"),
]  # fmt: skip
SHAPES = [
    ("field", "surface"),
    ("accentfill", "surface"),
    ("accentmid", "surface"),
    ("dfill", "surface"),
    ("held", "heldsoft"),
]


def _luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert _contrast(COLORS[text][theme], COLORS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_told_from_their_ground(
    shape: str, ground: str, theme: int
) -> None:
    assert _contrast(COLORS[shape][theme], COLORS[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("fill", ["accentfill", "dfill", "accentpress", "dpress"])
def test_white_holds_on_filled_buttons(fill: str, theme: int) -> None:
    assert _contrast("#ffffff", COLORS[fill][theme]) >= 4.5
