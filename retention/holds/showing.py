"""Turns holds and what they cover into rows, facts and sentences."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.formatting import absolute, grouped, relative
from retention.holds.selectors import Coverage, HoldView


def sentence(active: int) -> str:
    """How many holds are in force, and what a hold does."""
    if not active:
        return _("No hold is in force: the rules alone decide what is purged.")
    return ngettext(
        "%(n)s hold is in force. What it covers is never purged.",
        "%(n)s holds are in force. What they cover is never purged.",
        active,
    ) % {"n": grouped(active)}


def covers(view: HoldView) -> str:
    """ "2 members, 3 conversations"."""
    parts = []
    if view.members:
        parts.append(
            ngettext("%(n)s member", "%(n)s members", len(view.members))
            % {"n": grouped(len(view.members))}
        )
    if view.conversations:
        parts.append(conversations(len(view.conversations)))
    return ", ".join(parts) or _("only what is purged by now")


def conversations(number: int) -> str:
    """ "3 conversations"."""
    return ngettext("%(n)s conversation", "%(n)s conversations", number) % {
        "n": grouped(number)
    }


def history(
    view: HoldView, *, people: Mapping[str, str], now: datetime
) -> list[dict[str, Any]]:
    """Who placed and who released it, and how long it protects after that."""
    hold = view.hold
    facts: list[dict[str, Any]] = [
        {
            "name": _("Placed"),
            "value": _moment(hold.placed_at, hold.placed_by, people, now),
        }
    ]
    if hold.released_at is not None:
        facts.append(
            {
                "name": _("Released"),
                "value": _moment(hold.released_at, hold.released_by or "", people, now),
            }
        )
        if settings.CUSTOS_RELEASE_GRACE_DAYS:
            ends = hold.released_at + timedelta(days=settings.CUSTOS_RELEASE_GRACE_DAYS)
            facts.append({"name": _("Protects until"), "value": absolute(ends)})
    facts.append({"name": _("Id"), "value": hold.public_id, "is_mono": True})
    return facts


def coverage(found: Coverage) -> list[dict[str, Any]]:
    """What a hold would cover: a line a member, and one for named conversations."""
    rows = [
        {
            "name": member.name or member.email,
            "value": conversations(number),
        }
        for member, number in found.by_member
    ]
    if found.named:
        rows.append({"name": _("Named by id"), "value": conversations(found.named)})
    return rows


def after_release() -> str:
    """What a release means for what the hold covers."""
    days = settings.CUSTOS_RELEASE_GRACE_DAYS
    if not days:
        return _("From then on the next sweep purges what is due.")
    return ngettext(
        "It protects for %(n)s day more; then a sweep purges what is due.",
        "It protects for %(n)s days more; then a sweep purges what is due.",
        days,
    ) % {"n": grouped(days)}


def _moment(at: datetime, person: str, people: Mapping[str, str], now: datetime) -> str:
    return _("%(when)s, %(ago)s, by %(who)s") % {
        "when": absolute(at),
        "ago": relative(at, now=now),
        "who": people.get(person, _("the operator")),
    }
