"""Turns erasures and what is left of them into rows, facts and sentences."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kit.formatting import absolute, grouped, relative, size
from retention.erasure.models import Erasure, ErasureCount, ErasureState
from retention.erasure.selectors import Left
from retention.holds.forms import kind_labels

_STATES = {
    ErasureState.HIDING: ("run", gettext_lazy("Hiding")),
    ErasureState.PURGING: ("run", gettext_lazy("Being purged")),
    ErasureState.HELD: ("held", gettext_lazy("The rest is held")),
    ErasureState.DONE: ("ok", gettext_lazy("Erased")),
    ErasureState.WITHDRAWN: ("off", gettext_lazy("Withdrawn")),
}


def status(erasure: Erasure) -> dict[str, str]:
    """The status rectangle of a request."""
    kind, word = _STATES[ErasureState(erasure.state)]
    return {"kind": kind, "word": str(word)}


def sentence(
    erasure: Erasure, *, undo_days: int, protected_until: datetime | None = None
) -> str:
    """What happens with a request now."""
    if erasure.state == ErasureState.HELD and protected_until is not None:
        return _(
            "The holds on the rest are released. It is hidden, stays protected until"
            " %s at the latest, and is purged by itself then."
        ) % absolute(protected_until)
    undo = ngettext("%(n)s day", "%(n)s days", undo_days) % {"n": grouped(undo_days)}
    words = {
        ErasureState.HIDING: _("What is stored is being hidden."),
        ErasureState.PURGING: _(
            "Everything is hidden. Until %s have passed it could be restored; then"
            " sweeps purge it."
        )
        % undo,
        ErasureState.HELD: _(
            "Everything that no legal hold covers is gone. The held rest is hidden and"
            " goes by itself once its holds are released and their grace is over."
        ),
        ErasureState.DONE: _("Nothing of it is stored any more."),
        ErasureState.WITHDRAWN: _(
            "The request was withdrawn; what was hidden follows the usual rules."
        ),
    }
    return words[ErasureState(erasure.state)]


def facts(erasure: Erasure, *, by: str, reason: str, now: datetime) -> list[Any]:
    """Who asked, when, and when it ended."""
    found: list[Any] = [
        {
            "name": _("Asked"),
            "value": _("%(when)s, %(ago)s")
            % {
                "when": absolute(erasure.requested_at),
                "ago": relative(erasure.requested_at, now=now),
            },
        },
        {"name": _("By"), "value": by},
    ]
    if reason:
        found.append({"name": _("Reason"), "value": reason})
    if erasure.ended_at is not None:
        found.append({"name": _("Ended"), "value": absolute(erasure.ended_at)})
    found.append({"name": _("Id"), "value": erasure.public_id, "is_mono": True})
    return found


def person(erasure: Erasure, *, is_forgotten: bool, why: str) -> dict[str, Any] | None:
    """How far the person is out of log and portal; None where nobody asked for that.

    `why` is the reason why they must stay for now, in a sentence.
    """
    if not erasure.from_log or erasure.state == ErasureState.WITHDRAWN:
        return None
    if is_forgotten:
        says = _("Erased from the audit log and the portal.")
    elif why:
        says = why
    elif erasure.ended_at is None:
        says = _("Leaves the audit log and the portal once nothing is stored any more.")
    else:
        says = _("Is being erased from the audit log and the portal.")
    return {"name": _("The person"), "value": says}


def report(counts: Sequence[ErasureCount]) -> list[dict[str, Any]]:
    """A row for each kind: hidden, still stored, held."""
    labels = kind_labels()
    return [
        {
            "kind": labels.get(one.kind, one.kind),
            "hidden": one.hidden_n,
            "stored": one.stored_n,
            "held": one.held_n,
        }
        for one in counts
        if one.hidden_n or one.stored_n
    ]


def preview(left: Sequence[Left]) -> list[dict[str, Any]]:
    """A row for each kind that has something: stored, held, size."""
    labels = kind_labels()
    return [
        {
            "kind": labels.get(one.kind, one.kind),
            "stored": one.stored,
            "held": one.held,
            "bytes": size(one.bytes),
        }
        for one in left
        if one.stored
    ]


def kept(left: Sequence[Left]) -> str:
    """What holds keep of it; empty where they keep nothing."""
    held = sum(one.held for one in left)
    if not held:
        return ""
    return ngettext(
        "%(n)s object is on legal hold: it is hidden now and goes after the release.",
        "%(n)s objects are on legal hold: hidden now, they go after the release.",
        held,
    ) % {"n": grouped(held)}
