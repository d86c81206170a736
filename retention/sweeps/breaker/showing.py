"""Turns a stop into the sentences and figures of its page."""

from typing import Any

from django.utils.translation import gettext as _

from kit.formatting import grouped
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.breaker.rules import Cause
from workspaces.groups.rules import KEPT_DAYS


def sentence(stop: SweepStop, *, is_agreed: bool) -> str:
    """What was stopped, by which of the limits, and whether one of two agreed.

    `is_agreed` says that the first word counts.
    """
    said = _why(stop)
    if is_agreed and stop.ended_at is None:
        said += " " + _("One of two people agreed that it goes on.")
    return said


def _why(stop: SweepStop) -> str:
    if stop.cause == Cause.GROUPS:
        return _(
            "It would have purged %(n)s objects that are due only because members came"
            " into groups, or left them, in the last %(days)s days: here that is too"
            " much for one person to decide. Nothing is gone."
        ) % {"n": grouped(stop.by_groups_n), "days": KEPT_DAYS}
    unannounced = grouped(max(0, stop.planned_n - stop.announced_n))
    if stop.cause == Cause.MULTIPLE:
        return _(
            "It would have purged %(n)s objects that nobody was shown before; sweeps of"
            " this workspace usually purge %(usual)s. Nothing is gone."
        ) % {"n": unannounced, "usual": grouped(stop.usual_n or 0)}
    return _(
        "It would have purged %(n)s objects that nobody was shown before, a great part"
        " of the %(stored)s that the workspace stores. Nothing is gone."
    ) % {"n": unannounced, "stored": grouped(stop.stored_n)}


def figures(stop: SweepStop) -> list[dict[str, Any]]:
    """The numbers that a person has in view when they confirm."""
    usual = _("too few sweeps") if stop.usual_n is None else grouped(stop.usual_n)
    return [
        {
            "name": _("Would be purged"),
            "number": grouped(stop.planned_n),
            "tone": "bad",
            "fact": _("planned, not held"),
        },
        {
            "name": _("Announced before"),
            "number": grouped(stop.announced_n),
            "fact": _("by a preview"),
        },
        *([_by_groups(stop)] if stop.by_groups_n else []),
        {
            "name": _("Usually"),
            "number": usual,
            "fact": _("average of the last sweeps"),
        },
        {
            "name": _("Stored"),
            "number": grouped(stop.stored_n),
            "fact": _("conversations of the workspace"),
        },
    ]


def _by_groups(stop: SweepStop) -> dict[str, Any]:
    return {
        "name": _("By changes of groups"),
        "number": grouped(stop.by_groups_n),
        "tone": "bad",
        "fact": _("due only by these"),
    }
