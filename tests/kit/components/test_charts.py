"""Charts begin at zero, say their finding, and never leave their frame."""

import re
from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from kit.charts import ages, bars, progress, samples, scale
from kit.templatetags import custos


def _tag(name: str, chart: object, **more: object) -> str:
    context = getattr(custos, name)(chart, **more)
    return render_to_string(f"components/{name}.html", context)


def test_bars_start_at_zero_and_keep_their_proportions() -> None:
    chart = replace(
        samples.WEEKS,
        bars=(bars.Bar(label="a", value=100), bars.Bar(label="b", value=25)),
        annotation=None,
    )

    layout = bars.lay_out(chart)
    tall, short = layout.columns

    assert float(tall.y) + float(tall.height) == float(layout.base)
    assert float(short.y) + float(short.height) == float(layout.base)
    assert float(tall.height) == 4 * float(short.height)
    assert layout.grid[0].label == "0"


def test_held_part_stands_on_its_bar() -> None:
    layout = bars.lay_out(samples.WEEKS)

    for column in layout.columns:
        assert float(column.held_y) + float(column.held_height) < float(column.y)


def test_grid_has_at_most_four_lines_over_any_range() -> None:
    @given(st.floats(min_value=0.01, max_value=1e12))
    def check(highest: float) -> None:
        fitted = scale.fit(highest, base=100, height=100)

        assert 2 <= len(fitted.grid()) <= 4
        assert fitted.top >= highest

    check()


@pytest.mark.parametrize("chart", [samples.WEEKS, samples.NIGHTS])
def test_picture_says_its_finding_and_offers_its_figures(chart: bars.BarChart) -> None:
    html = _tag("bar_chart", chart)

    assert f'<title id="{chart.id}-title">{chart.title}</title>' in html
    assert chart.description in html
    assert html.count('<th scope="row">') == len(chart.bars)
    assert "style=" not in html


def test_chart_of_nothing_is_drawn_without_bars() -> None:
    html = _tag("bar_chart", replace(samples.WEEKS, bars=(), annotation=None))

    assert "c-bar-solid" not in html


def test_table_of_the_chart_prints_large_figures_in_full() -> None:
    bar = bars.Bar(label="all", value=1_204_862)
    chart = replace(samples.REFUSALS, bars=(bar,))

    assert "1,204,862" in _tag("bar_chart", chart)


def test_current_bar_keeps_its_label_on_a_phone() -> None:
    columns = bars.lay_out(samples.NIGHTS).columns

    current = next(column for column in columns if column.bar.is_current)

    assert current.label_on_phone
    assert sum(column.label_on_phone for column in columns) <= bars.LABELS_ON_PHONE


def test_age_chart_draws_the_red_line_at_day_30() -> None:
    html = _tag("age_chart", samples.AGES)

    assert 'class="c-chart-limit-line" x1="93.75%"' in html
    assert "30 days" in html


def test_age_chart_paints_what_is_late_red_and_claims_no_room() -> None:
    late = replace(samples.AGES, counts=(0,) * 33 + (4,))

    layout = ages.lay_out(late)

    assert layout.bars[-1].kind == "late"
    assert layout.room is None
    assert float(layout.bars[-1].x.rstrip("%")) > float(layout.limit_x.rstrip("%"))


@pytest.mark.parametrize(
    ("total", "done", "held", "widths"),
    [
        (0, 0, 0, ("0%", "0%")),
        (100, 50, 10, ("50%", "10%")),
        (100, 100, 0, ("100%", "0%")),
        (100, 95, 10, ("95%", "5%")),
        (3, 9, 0, ("100%", "0%")),
    ],
)
def test_progress_never_leaves_its_bar(
    total: int, done: int, held: int, widths: tuple[str, str]
) -> None:
    bar = progress.Progress(title="Purged", total=total, done=done, held=held)

    layout = progress.lay_out(bar)

    assert (layout.done, layout.held) == widths


def test_ring_is_as_full_as_its_share() -> None:
    half, whole = map(float, progress.ring_dash(done=3, total=6).split())

    assert half == pytest.approx(whole / 2, abs=0.01)
    assert progress.ring_dash(done=0, total=0).startswith("0.00")


def test_attributes_are_plain_numbers_in_every_language() -> None:
    html = _tag("bar_chart", samples.NIGHTS) + _tag("age_chart", samples.AGES)

    numbers = re.findall(r'\s(?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', html)

    assert numbers
    assert all(re.fullmatch(r"-?\d+(\.\d+)?%?", number) for number in numbers)
