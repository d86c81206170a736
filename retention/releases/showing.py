"""Turns what a release frees, and who asked for it, into rows and sentences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.formatting import absolute, grouped, relative, size
from retention.holds.forms import kind_labels
from retention.holds.models import Hold, ReleaseRequest, RequestState
from retention.releases.previews import Outcome

NOBODY = "\u2013"


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    """A row for each kind."""
    labels = kind_labels()
    return [
        {
            "kind": labels[one.kind],
            "objects": one.objects,
            "due": one.due,
            "bytes": size(one.bytes),
            "later": one.later,
            "held": one.held,
        }
        for one in outcome.kinds
    ]


def sentence(outcome: Outcome, *, now: datetime) -> str:
    """How much becomes purgeable, and when."""
    if not outcome.due:
        return _("Nothing of it is due when the grace ends: its policy keeps it.")
    if outcome.grace_until <= now:
        return ngettext(
            "%s object may be purged at once: no grace follows the release.",
            "%s objects may be purged at once: no grace follows the release.",
            outcome.due,
        ) % grouped(outcome.due)
    return ngettext(
        "%(n)s object may be purged from %(when)s on, %(in)s.",
        "%(n)s objects may be purged from %(when)s on, %(in)s.",
        outcome.due,
    ) % {
        "n": grouped(outcome.due),
        "when": absolute(outcome.grace_until),
        "in": relative(outcome.grace_until, now=now),
    }


def when(outcome: Outcome) -> list[dict[str, str]]:
    """The dates of a release that is confirmed now."""
    return [
        {"name": _("Released"), "value": _("when a second person confirms")},
        {
            "name": _("Protected until"),
            "value": absolute(outcome.grace_until),
        },
        {
            "name": _("What is due is gone by"),
            "value": _("%s: the 30 days count from the release")
            % absolute(outcome.purged_by),
        },
    ]


def facts(
    asked: ReleaseRequest, *, reason: str, people: Mapping[str, str], now: datetime
) -> list[dict[str, str]]:
    """Who asked, why, and who decided."""
    found = [
        {"name": _("Asked by"), "value": people.get(asked.requested_by, NOBODY)},
        {
            "name": _("Asked"),
            "value": f"{absolute(asked.requested_at)},"
            f" {relative(asked.requested_at, now=now)}",
        },
        {"name": _("Reason"), "value": reason},
    ]
    if asked.decided_at is not None:
        is_done = asked.state == RequestState.CONFIRMED
        found.append(
            {
                "name": _("Confirmed by") if is_done else _("Withdrawn by"),
                "value": f"{people.get(asked.decided_by or '', NOBODY)},"
                f" {absolute(asked.decided_at)}",
            }
        )
    return found


def alone(hold: Hold) -> str:
    """What to do where nobody else may confirm."""
    return (
        _(
            "Nobody else in this workspace may confirm the release. Give another person"
            " the role of an owner or compliance officer, or have the operator of the"
            " installation run “release_hold --hold %s --override --reason …”: every"
            " owner of the organization is told by mail, and the log says so."
        )
        % hold.public_id
    )
