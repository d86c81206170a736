"""Turns the stages of a sweep into the steps that its page shows."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit.formatting import grouped
from retention.sweeps.models import FINISHED, Sweep
from retention.sweeps.selectors import Progress, Stage, StageView

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


def _conversations(count: int) -> str:
    return ngettext("%(n)s conversation", "%(n)s conversations", count) % {
        "n": grouped(count)
    }
