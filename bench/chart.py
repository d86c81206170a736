"""Draws docs/performance.svg from bench/results.json: `python -m bench.chart`."""

import json
from pathlib import Path
from typing import Any

from bench.__main__ import RESULTS

CHART = Path(__file__).resolve().parent.parent / "docs" / "performance.svg"
WIDTH, LABELS, ROW, TOP = 720, 250, 34, 56
_BARS = (
    ("One DELETE, cascades only", "sweep_vs_raw_delete", "reference"),
    ("Custos, two workers", "sweep_two_workers", "ours"),
    ("Custos, one worker", "sweep_vs_raw_delete", "ours"),
    ("Custos, with plan, keys, receipt", "whole_sweep_vs_raw_delete", "ours"),
    ("as Sentry does", "sweep_sentry", "ours"),
    ("as Mattermost does", "sweep_mattermost", "ours"),
    ("as Django's ORM does", "sweep_django_orm", "ours"),
    ("as Zulip does", "sweep_zulip", "ours"),
)
# Both looks of a page are asked for, since an image cannot inherit the page's.
_STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2933 }
.ours { fill: #066fd1 } .theirs { fill: #9aa5b1 } .title { font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #e4e7eb } }
"""


def main() -> None:
    """Every bar whose figure was measured."""
    results = json.loads(RESULTS.read_text())
    CHART.write_text(drawn(results))


def drawn(results: dict[str, dict[str, Any]]) -> str:
    """The chart as SVG: rows a second, longest bar across."""
    bars = [
        (label, int(results[name][side]), side == "ours" and label.startswith("Custos"))
        for label, name, side in _BARS
        if name in results
    ]
    most = max(value for _label, value, _ours in bars)
    height = TOP + ROW * len(bars) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        ' role="img" aria-labelledby="t">',
        "<title id='t'>Rows a second that go, conversations and messages</title>",
        f"<style>{_STYLE}</style>",
        '<text class="title" x="8" y="28">Rows a second (conversations and messages)'
        "</text>",
    ]
    for place, (label, value, is_ours) in enumerate(bars):
        y = TOP + ROW * place
        width = round((WIDTH - LABELS - 90) * value / most)
        kind = "ours" if is_ours else "theirs"
        lines += [
            f'<text x="8" y="{y + 16}">{label}</text>',
            f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{width}" height="22"'
            ' rx="3"/>',
            f'<text x="{LABELS + width + 8}" y="{y + 16}">{value:,}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
