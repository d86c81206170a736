"""Draws the charts of docs/ from bench/results.json: `python -m bench.chart`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.__main__ import RESULTS

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDTH, LABELS, ROW, TOP = 720, 250, 34, 56


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A file of docs/; each bar has a label, a figure's name and its side."""

    file: str
    title: str
    bars: tuple[tuple[str, str, str], ...]


SWEEPS = Chart(
    file="performance.svg",
    title="Rows a second that go, conversations and messages",
    bars=(
        ("One DELETE, cascades only", "sweep_vs_raw_delete", "reference"),
        ("Custos, two workers", "sweep_two_workers", "ours"),
        ("Custos, one worker", "sweep_vs_raw_delete", "ours"),
        ("Custos, with plan, keys, receipt", "whole_sweep_vs_raw_delete", "ours"),
        ("as Sentry does", "sweep_sentry", "ours"),
        ("as Mattermost does", "sweep_mattermost", "ours"),
        ("as Django's ORM does", "sweep_django_orm", "ours"),
        ("as Zulip does", "sweep_zulip", "ours"),
    ),
)
STREAMS = Chart(
    file="audit-performance.svg",
    title="Entries of the audit log a second",
    bars=(
        ("Recorded by one client", "stream_throughput_webhook", "reference"),
        ("Custos, to syslog over TLS", "stream_throughput_syslog", "ours"),
        ("Custos, to Splunk HEC", "stream_throughput_splunk", "ours"),
        ("Custos, to a webhook", "stream_throughput_webhook", "ours"),
        ("Custos, to OTLP", "stream_throughput_otlp", "ours"),
        ("Custos, to S3", "stream_throughput_s3", "ours"),
    ),
)
# Both looks of a page are asked for, since an image cannot inherit the page's.
_STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2933 }
.ours { fill: #066fd1 } .theirs { fill: #9aa5b1 } .title { font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #e4e7eb } }
"""


def main() -> None:
    """Every chart of which something was measured, with the bars that were."""
    results = json.loads(RESULTS.read_text())
    for chart in (SWEEPS, STREAMS):
        if any(name in results for _label, name, _side in chart.bars):
            (DOCS / chart.file).write_text(drawn(results, chart=chart))


def drawn(results: dict[str, dict[str, Any]], *, chart: Chart = SWEEPS) -> str:
    """The chart as SVG, longest bar across."""
    bars = [
        (label, int(results[name][side]), side == "ours" and label.startswith("Custos"))
        for label, name, side in chart.bars
        if name in results
    ]
    most = max(value for _label, value, _ours in bars)
    height = TOP + ROW * len(bars) + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        ' role="img" aria-labelledby="t">',
        f"<title id='t'>{chart.title}</title>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="8" y="28">{chart.title}</text>',
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
