"""Turns the batches of a sweep into its bar, its chart and its table."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from kit import content_kinds
from kit.charts.bars import Annotation, Bar, BarChart, Fill
from kit.charts.progress import Progress as Bars
from kit.formatting import duration, grouped
from retention.sweeps.batches import Batch
from retention.sweeps.kinds import CONVERSATIONS
from retention.sweeps.selectors import Progress

# With fewer batches a chart says nothing that the table does not; with more its bars
# cannot be told apart.
_FEWEST_BARS = 4
_MOST_BARS = 48
_SHOWN_BATCHES = 6


def bar(progress: Progress, batches: Sequence[Batch]) -> Bars:
    """The purged part solid, what was held since the plan hatched."""
    held = sum(batch.held for batch in batches if batch.kind == CONVERSATIONS)
    title = _("%(purged)s of %(planned)s purged, %(held)s held since the plan") % {
        "purged": grouped(progress.purged),
        "planned": grouped(progress.planned),
        "held": grouped(held),
    }
    return Bars(title=title, total=progress.planned, done=progress.purged, held=held)


def chart(batches: Sequence[Batch]) -> BarChart | None:
    """Seconds by batch, with the batch that met a hold."""
    if len(batches) < _FEWEST_BARS:
        return None
    shown = list(batches)[-_MOST_BARS:]
    done = [batch for batch in shown if batch.is_done]
    slowest = max((batch.took for batch in done), default=None)
    return BarChart(
        id="batches",
        title=_("No batch is done yet")
        if slowest is None
        else _("The slowest batch took %s") % duration(slowest),
        description=_("%(done)s of %(all)s batches are done.")
        % {"done": grouped(len(done)), "all": grouped(len(shown))},
        caption=_("Batches in their order, seconds each"),
        bars=tuple(
            Bar(
                label=str(batch.number),
                value=batch.took.total_seconds(),
                fill=Fill.SOLID if batch.is_done else Fill.OPEN,
            )
            for batch in shown
        ),
        category=_("Batch"),
        value_name=_("Seconds"),
        unit="s",
        annotation=_met_a_hold(shown),
        label_every=max(1, len(shown) // 6),
        plot_height=120,
    )


def rows(batches: Sequence[Batch], *, is_all: bool) -> list[dict[str, Any]]:
    """The table, newest first: the batches that were done, and the one that is next."""
    labels = {kind.name: str(s.labels) for kind, s in content_kinds.swept()}
    begun = [batch for batch in batches if batch.is_done or batch.is_next]
    shown = begun[::-1] if is_all else begun[::-1][:_SHOWN_BATCHES]
    return [
        {
            "number": batch.number,
            "of": "" if batch.kind == CONVERSATIONS else labels.get(batch.kind, ""),
            "kind": "ok" if batch.is_done else "run",
            "word": _("Done") if batch.is_done else _("Next"),
            "purged": grouped(batch.purged)
            if batch.is_done
            else _("%s picked") % grouped(batch.planned),
            "held": grouped(batch.held),
            "skipped": grouped(batch.skipped),
            "failed": grouped(batch.failed),
            "took": duration(batch.took) if batch.is_done else "",
        }
        for batch in shown
    ]


def has_more(batches: Sequence[Batch]) -> bool:
    """Whether the table leaves something out."""
    return sum(batch.is_done or batch.is_next for batch in batches) > _SHOWN_BATCHES


def _met_a_hold(batches: Sequence[Batch]) -> Annotation | None:
    place, found = max(enumerate(batches), key=lambda pair: pair[1].held)
    if not found.held:
        return None
    title = _("Batch %(batch)s: a hold was placed meanwhile, %(n)s stay") % {
        "batch": found.number,
        "n": grouped(found.held),
    }
    return Annotation(bar=place, title=title, is_held=True)
