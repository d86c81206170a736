"""Puts entries and verifications into the words and parts of the list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from audit.explorer.pages import Pages
from audit.explorer.presenters import Sentence
from audit.explorer.selectors import Place, Shown
from audit.log.leaf import Leaf
from audit.verification.flaws import Flaw
from audit.verification.models import AuditVerification, State
from kit import formatting
from kit.formatting import grouped

_FLAWS = {
    Flaw.EDITED: _lazy("Entry %s was changed after it was sealed"),
    Flaw.MISSING: _lazy("Entry %s is missing"),
    Flaw.ADDED: _lazy("An entry was slipped in at %s"),
    Flaw.REORDERED: _lazy("Entry %s was moved"),
    Flaw.REWRITTEN: _lazy("What was sealed from entry %s on was rewritten"),
    Flaw.SIGNATURE: _lazy("The seal over entry %s is not signed by the key of the log"),
    Flaw.TRUNCATED: _lazy("The log was cut off before entry %s"),
    Flaw.FORKED: _lazy("The log from entry %s on is not the one that was published"),
    Flaw.UNSEALED: _lazy("An entry was slipped in below the seal, at %s"),
    Flaw.HIDDEN: _lazy("Entry %s is hidden from the list"),
    Flaw.MISLISTED: _lazy("The list says of entry %s what the entry does not"),
    Flaw.UNVOUCHED: _lazy("Entry %s tells of a pruning that the log did not sign"),
}
_OUTCOMES = {"refused": ("bad", _lazy("Refused")), "error": ("warn", _lazy("Failed"))}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the list."""

    at: datetime | None
    who: str
    is_person: bool
    sentence: Sentence
    outcome: tuple[str, str] | None
    number: str
    url: str
    place: Place | None


def row(shown: Shown, *, pages: Pages, query: str = "") -> Row:
    """The line of an entry; one that awaits its seal leads nowhere yet."""
    leaf = shown.leaf
    place, url = None, ""
    if shown.epoch is not None and shown.index is not None:
        place = (shown.epoch, shown.index)
        url = pages.entry_url(place, query)
    return Row(
        at=leaf.time if leaf else None,
        who=shown.who or _("Erased"),
        is_person=leaf is not None and leaf.actor_kind == "user",
        sentence=shown.sentence,
        outcome=_outcome(leaf),
        number="" if shown.index is None else grouped(shown.index),
        url=url,
        place=place,
    )


def _outcome(leaf: Leaf | None) -> tuple[str, str] | None:
    if leaf is None:
        return "bad", _("Unreadable")
    kind, word = _OUTCOMES.get(leaf.outcome, ("", ""))
    return (kind, str(word)) if kind else None


def by_day(
    entries: Iterable[Shown], *, pages: Pages, today: datetime, query: str = ""
) -> list[tuple[str, list[Row]]]:
    """The lines under the name of their day."""
    rows = [row(shown, pages=pages, query=query) for shown in entries]
    return [
        (name, list(group))
        for name, group in groupby(rows, key=lambda one: _day(one.at, today))
    ]


def badge(
    row: AuditVerification | None, *, pages: Pages, now: datetime
) -> dict[str, Any]:
    """The badge: what the newest verification said and how old that is."""
    url = pages.url("verify")
    if row is None:
        words = {"title": _("Not verified yet"), "fact": "", "wait_kind": "wait"}
        return words | {"verify_url": url, "is_whole": False}
    if row.state == State.DUE:
        title = _("Verifying %(done)s of %(all)s entries") % {
            "done": grouped(row.checked),
            "all": grouped(row.entries),
        }
        return {
            "title": title,
            "fact": formatting.relative(row.requested_at, now=now),
            "wait_kind": "wait",
            "verify_url": url,
            "is_whole": False,
        }
    if row.is_sound:
        title = _("Verified %s entries") % grouped(row.entries)
        fact = _("%s, no gap") % formatting.relative(row.requested_at, now=now)
        if row.pruned:
            fact = _(
                "%(when)s, no gap; of the first %(n)s only the hashes are kept"
            ) % {
                "when": formatting.relative(row.requested_at, now=now),
                "n": grouped(row.pruned),
            }
    else:
        title = flaw_sentence(row)
        fact = formatting.relative(row.requested_at, now=now)
    return {"title": title, "fact": fact, "verify_url": url, "is_whole": row.is_sound}


def flaw_sentence(row: AuditVerification) -> str:
    """What a verification found, naming the entry."""
    return str(_FLAWS[Flaw(row.finding)]) % grouped(row.first_bad_index or 0)


def _day(at: datetime | None, today: datetime) -> str:
    if at is None:
        return _("Unknown day")
    name = date_format(at, "D j M Y")
    days = (today.date() - at.date()).days
    near = {0: _("Today"), 1: _("Yesterday")}.get(days)
    return f"{near}, {name}" if near else name
