"""Turns a sweep and its progress into sentences, steps, chart and table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit.charts.bars import Annotation, Bar, BarChart, Fill
from kit.charts.progress import Progress as Bars
from kit.formatting import absolute, duration, grouped, relative, size
from retention.sweeps.batches import Batch
from retention.sweeps.models import FINISHED, Sweep, SweepState, Trigger
from retention.sweeps.selectors import Progress, Stage, StageView

# With fewer batches a chart says nothing that the table does not; with more its bars
# cannot be told apart.
_FEWEST_BARS = 4
_MOST_BARS = 48
_SHOWN_BATCHES = 6

_LABELS = {
    Stage.PLAN: _lazy("Plan"),
    Stage.SEAL: _lazy("Sign the plan"),
    Stage.PURGE: _lazy("Purge conversations"),
    Stage.DESTROY: _lazy("Destroy keys and files"),
    Stage.CLOSE: _lazy("Sign the receipt"),
}
_WAITS = {
    Stage.PLAN: _lazy("counts what is due"),
    Stage.SEAL: _lazy("waits for the plan"),
    Stage.PURGE: _lazy("waits for the signature"),
    Stage.DESTROY: _lazy("waits for the purge"),
    Stage.CLOSE: _lazy("closes the sweep"),
}


def status(sweep: Sweep) -> dict[str, Any]:
    """The rectangle beside the name of a sweep."""
    if sweep.state == SweepState.CLOSED:
        return {"kind": "ok", "word": _("Done")}
    if sweep.state == SweepState.STOPPED:
        return {"kind": "off", "word": _("Stopped")}
    return {"kind": "run", "word": _("Running")}


def name(sweep: Sweep) -> str:
    """ "Sweep of Thu 3 Dec 2026, 02:00 UTC"."""
    return _("Sweep of %s") % absolute(sweep.opened_at)


def number(sweep: Sweep) -> str:
    """The number on the receipt: day and minute."""
    return f"{sweep.opened_at:%Y-%m-%d / %H%M}"


def sentence(sweep: Sweep, *, people: Mapping[str, str], now: datetime) -> str:
    """Under which rule, started by whom, how long it took."""
    parts = []
    if sweep.policy_versions:
        parts.append(_("Under %s.") % rule(sweep.policy_versions))
    starter = people.get(sweep.started_by, _("the operator"))
    if sweep.trigger == Trigger.SCHEDULE:
        starter = _("schedule")
    parts.append(
        _("Started by %(who)s %(when)s.")
        % {"who": starter, "when": relative(sweep.opened_at, now=now)}
    )
    if sweep.ended_at is not None:
        parts.append(
            _("Took %(took)s, ended %(when)s.")
            % {
                "took": duration(sweep.ended_at - sweep.opened_at),
                "when": relative(sweep.ended_at, now=now),
            }
        )
        parts.append(_failed(sweep.failed_n))
    return " ".join(parts)


def rule(label: str) -> str:
    """The versions that a sweep obeyed, from the label that the log carries."""
    kind, _sep, number_of = label.partition("-")
    if not label:
        return _("not planned yet")
    if kind == "members":
        return _("own policies of %s members") % number_of
    if label.startswith("v"):
        return _("policy version %s") % label[1:]
    return _("the plan's own rule")


def steps(sweep: Sweep, progress: Progress) -> list[dict[str, Any]]:
    """The five stages with what is known of each."""
    return [
        {
            "label": _LABELS[view.stage],
            "state": _step_state(view, sweep),
            "facts": _facts(view, progress),
        }
        for view in progress.stages
    ]


def answer(sweep: Sweep, progress: Progress) -> dict[str, Any]:
    """The one number, the bar, and the rest in words."""
    if sweep.planned_at is None:
        return {"number": "0", "rest_of": _("purged; counting what is due")}
    planned = ngettext(
        "of %(n)s conversation purged",
        "of %(n)s conversations purged",
        progress.planned,
    )
    return {
        "number": grouped(progress.purged),
        "rest_of": planned % {"n": grouped(progress.planned)},
        "rest": _rest(sweep, progress),
        "note": _note(progress),
    }


def bar(progress: Progress, batches: Sequence[Batch]) -> Bars:
    """The purged part solid, what was held since the plan hatched."""
    held = sum(batch.held for batch in batches)
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
    begun = [batch for batch in batches if batch.is_done or batch.is_next]
    shown = begun[::-1] if is_all else begun[::-1][:_SHOWN_BATCHES]
    return [
        {
            "number": batch.number,
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


def plan_facts(sweep: Sweep, *, workspace: str) -> list[dict[str, Any]]:
    """The upper half of the receipt: what was promised before the first row went."""
    facts: list[dict[str, Any]] = [
        {"name": _("Workspace"), "value": workspace},
        {"name": _("Rule"), "value": rule(sweep.policy_versions)},
    ]
    if sweep.planned_at is None or sweep.plan_root is None:
        return facts
    return [
        *facts,
        {"name": _("Planned"), "value": grouped(sweep.planned_n)},
        {
            "name": _("Plan root"),
            "value": _short(bytes(sweep.plan_root).hex()),
            "is_mono": True,
        },
        {
            "name": _("Plan signed"),
            "value": f"{sweep.sealed_at:%H:%M:%S} UTC"
            if sweep.sealed_at
            else _("waits for the log's next signature"),
        },
    ]


def result_facts(sweep: Sweep, progress: Progress) -> list[dict[str, Any]]:
    """The lower half: what was done, so far or in the end."""
    is_over = sweep.purged_at is not None
    form = "%s" if is_over else _("%s so far")
    destroys = sweep.purged_at is not None
    return [
        {"name": _("Purged"), "value": form % grouped(progress.purged)},
        {"name": _("Left, held"), "value": form % grouped(progress.held)},
        {"name": _("No longer due"), "value": form % grouped(progress.skipped)},
        {"name": _("Failed"), "value": form % grouped(progress.failed)},
        {
            "name": _("Keys destroyed"),
            "value": grouped(progress.keys_destroyed)
            if destroys
            else _("after the purge"),
        },
        {
            "name": _("Files destroyed"),
            "value": grouped(progress.files_destroyed)
            if destroys
            else _("after the keys"),
        },
    ]


def unsigned_reason(sweep: Sweep) -> str:
    """Why there is no signature."""
    if sweep.state in FINISHED:
        return _("This sweep was stopped before its end. It is never signed.")
    return _(
        "It is signed when the last key and the last file are destroyed. Until then"
        " this page is a report, not evidence."
    )


def _step_state(view: StageView, sweep: Sweep) -> str:
    if view.ended_at is not None:
        return "done"
    return "current" if view.is_current and sweep.state not in FINISHED else "todo"


def _facts(view: StageView, progress: Progress) -> list[str]:
    if view.ended_at is None and not view.is_current:
        return [str(_WAITS[view.stage])]
    known = {
        Stage.PLAN: [_conversations(progress.planned)] if view.ended_at else [],
        Stage.SEAL: [] if view.ended_at else [_("waits for the log's signature")],
        Stage.PURGE: _purge_facts(view, progress),
        Stage.DESTROY: [
            _("%(done)s of %(all)s keys")
            % {
                "done": grouped(progress.keys_destroyed),
                "all": grouped(progress.keys),
            },
            _("%(done)s of %(all)s files")
            % {
                "done": grouped(progress.files_destroyed),
                "all": grouped(progress.files),
            },
        ],
        Stage.CLOSE: [],
    }[view.stage]
    if view.ended_at is not None:
        return [*known[:1], f"{view.ended_at:%H:%M:%S} UTC"]
    return known or [str(_WAITS[view.stage])]


def _purge_facts(view: StageView, progress: Progress) -> list[str]:
    if view.ended_at is not None:
        return [
            _("%(purged)s purged, %(held)s held")
            % {"purged": grouped(progress.purged), "held": grouped(progress.held)}
        ]
    return [
        _("%(purged)s of %(planned)s")
        % {"purged": grouped(progress.purged), "planned": grouped(progress.planned)},
        _("batch %(done)s of %(all)s")
        % {
            "done": grouped(min(progress.batches_done + 1, progress.batches)),
            "all": grouped(progress.batches),
        },
    ]


def _rest(sweep: Sweep, progress: Progress) -> str:
    if sweep.purged_at is not None:
        return _("%(messages)s messages, %(files)s files, %(size)s") % {
            "messages": grouped(sweep.messages_n),
            "files": grouped(sweep.files_n),
            "size": size(sweep.bytes_n),
        }
    if progress.ends_in is None or progress.per_second is None:
        return ""
    return _("about %(left)s left, %(rate)s a second") % {
        "left": duration(progress.ends_in),
        "rate": grouped(round(progress.per_second)),
    }


def _note(progress: Progress) -> str:
    notes = []
    if progress.held:
        notes.append(_("%s left in place, they are held.") % grouped(progress.held))
    if progress.skipped:
        notes.append(
            _("%s were no longer due when their batch came.")
            % grouped(progress.skipped)
        )
    if progress.failed:
        notes.append(_failed(progress.failed))
    return " ".join(notes)


def _failed(number_failed: int) -> str:
    if not number_failed:
        return _("Nothing failed.")
    return ngettext(
        "%(n)s stayed locked and waits for the next sweep.",
        "%(n)s stayed locked and wait for the next sweep.",
        number_failed,
    ) % {"n": grouped(number_failed)}


def _met_a_hold(batches: Sequence[Batch]) -> Annotation | None:
    place, found = max(enumerate(batches), key=lambda pair: pair[1].held)
    if not found.held:
        return None
    title = _("Batch %(batch)s: a hold was placed meanwhile, %(n)s stay") % {
        "batch": found.number,
        "n": grouped(found.held),
    }
    return Annotation(bar=place, title=title, is_held=True)


def _conversations(count: int) -> str:
    return ngettext("%(n)s conversation", "%(n)s conversations", count) % {
        "n": grouped(count)
    }


def _short(digest: str) -> str:
    """ "7c1e 40b9 … d2f8 61aa"."""
    return f"{digest[:4]} {digest[4:8]} … {digest[-8:-4]} {digest[-4:]}"
