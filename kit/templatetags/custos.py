"""Tags and filters of the design system; see templates/components/README.md."""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from kit import formatting, icons
from kit.charts import ages, bars, phases, progress

register = template.Library()

STATUS_ICONS = {
    "ok": "circle-check",
    "warn": "alert-triangle",
    "bad": "alert-octagon",
    "held": "lock",
    "run": "refresh",
    "off": "circle-minus",
    "wait": "clock",
}

register.filter("grouped", formatting.grouped)
register.filter("signed", formatting.signed)
register.filter("filesize_one", formatting.size)


@register.filter("duration")
def duration_of(length: timedelta) -> str:
    """`{{ run.took|duration }}`: `2 min 31 s`."""
    return formatting.duration(length)


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """`{% icon "lock" %}`: the icon inlined; the word beside it carries the meaning."""
    # The shapes are vendored files whose hashes a test checks.
    shapes = mark_safe(icons.shapes(name))  # noqa: S308
    return format_html(
        '<svg class="c-icon" width="{0}" height="{0}" viewBox="0 0 24 24"'
        ' aria-hidden="true" focusable="false">{1}</svg>',
        size,
        shapes,
    )


@register.simple_tag
def status(kind: str, word: str, icon_name: str = "") -> SafeString:
    """`{% status "held" _("On hold") %}`: a rectangle with icon and word."""
    return format_html(
        '<span class="c-status c-{}">{}{}</span>',
        kind,
        icon(icon_name or STATUS_ICONS[kind], size=14),
        word,
    )


@register.simple_tag
def absolute_time(at: datetime, *, seconds: bool = False, year: bool = True) -> str:
    """`{% absolute_time t %}`: `<time>Wed 25 Nov 2026, 02:00 UTC</time>`."""
    return _time(at, formatting.absolute(at, seconds=seconds, year=year))


@register.simple_tag
def day(at: datetime, *, year: bool = True) -> str:
    """`{% day t %}`: `<time>25 Nov 2026</time>`."""
    return _time(at, formatting.day(at, year=year))


@register.simple_tag
def relative_time(at: datetime, now: datetime) -> str:
    """`{% relative_time t now %}`: `<time>in 16 h 46 min</time>`."""
    return _time(at, formatting.relative(at, now=now))


def _time(at: datetime, words: str) -> SafeString:
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}">{}</time>', stamp, words)


@register.simple_tag
def initials(name: str) -> SafeString:
    """`{% initials name %}`: the round avatar; the name stands beside it."""
    return format_html(
        '<span class="c-avatar" aria-hidden="true">{}</span>', formatting.initials(name)
    )


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(chart: bars.BarChart, heading: str = "") -> dict[str, object]:
    """`{% bar_chart chart heading %}` for a `kit.charts.bars.BarChart`."""
    return {
        "chart": chart,
        "heading": heading,
        "layout": bars.lay_out(chart),
        "legend": bars.legend(chart),
        "headings": bars.headings(chart),
    }


@register.inclusion_tag("components/age_chart.html")
def age_chart(chart: ages.AgeChart) -> dict[str, object]:
    """`{% age_chart chart %}` for a `kit.charts.ages.AgeChart`."""
    return {"chart": chart, "layout": ages.lay_out(chart)}


@register.inclusion_tag("components/progress_bar.html")
def progress_bar(bar: progress.Progress) -> dict[str, object]:
    """`{% progress_bar bar %}` for a `kit.charts.progress.Progress`."""
    return {"layout": progress.lay_out(bar)}


@register.inclusion_tag("components/ring.html")
def ring(done: int, total: int, label: str) -> dict[str, object]:
    """`{% ring 5 6 _("5 of 6 steps done") %}`: a small ring with `5/6` inside."""
    return {
        "done": done,
        "total": total,
        "label": label,
        "dash": progress.ring_dash(done=done, total=total),
    }


@register.inclusion_tag("components/when_bar.html")
def when_bar(bar: phases.WhenBar) -> dict[str, object]:
    """`{% when_bar bar %}` for a `kit.charts.phases.WhenBar`."""
    return {"bar": bar}
