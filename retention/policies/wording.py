"""Says what a policy keeps and lets go in the words of the kind that it governs."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.content_kinds import Governed, UndoRule
from kit.formatting import grouped
from retention.eligibility.scopes import CONVERSATIONS
from retention.policies.rules import LONGEST_DAYS, Bounds


def kept_for(days: int | None) -> str:
    """ "90 days", or that nothing expires."""
    return _("for ever") if days is None else days_of(days)


def days_of(days: int) -> str:
    """ "90 days"."""
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": grouped(days)}


def bound(days: int | None) -> str:
    """ "90 days", or that this side bounds nothing."""
    return _("none") if days is None else days_of(days)


def bounds(found: Bounds) -> str:
    """ "floor 30 days, ceiling none"."""
    return _("floor %(floor)s, ceiling %(ceiling)s") % {
        "floor": bound(found.floor_days),
        "ceiling": bound(found.ceiling_days),
    }


def since(kind: Governed) -> str:
    """From when the days of this kind count."""
    return str(kind.since) or _("after they were created")


def losses(kind: Governed) -> str:
    """What people miss who keep the kind for a short time; empty where nothing more."""
    return str(kind.losses)


def keeps(kind: Governed, days: int | None) -> str:
    """ "memories 90 days after they were created", or "memories for ever"."""
    kept = kept_for(days) if days is None else f"{days_of(days)} {since(kind)}"
    return f"{kind.labels} {kept}"


def days_label(kind: Governed) -> str:
    """What the editor's field is called."""
    return _("Keep %s for") % kind.labels


def days_help(kind: Governed) -> str:
    """From when the days count, and what an empty field means."""
    begins = since(kind)
    begins = begins[:1].upper() + begins[1:]
    if kind.longest_days is None or kind.longest_days >= LONGEST_DAYS:
        return _("%s. Leave empty to keep them for ever.") % begins
    return _("%(since)s, %(most)s at most.") % {
        "since": begins,
        "most": days_of(kind.longest_days),
    }


def undo_days(kind: Governed, days: int) -> int:
    """How long what expired can come back: some kinds go with the next sweep."""
    return 0 if kind.undo is UndoRule.NONE else days


def gone(kind: Governed, n: int, *, when: str) -> str:
    """The sentence of how many are purged when."""
    if kind.name != CONVERSATIONS:
        return _("Purged %(when)s: %(n)s (%(kind)s).") % {
            "when": when,
            "n": grouped(n),
            "kind": kind.labels,
        }
    return ngettext(
        "%(n)s conversation is purged %(when)s.",
        "%(n)s conversations are purged %(when)s.",
        n,
    ) % {"n": grouped(n), "when": when}


def nothing_set(kind: Governed) -> str:
    """What becomes of the kind where no policy was ever set."""
    if kind.default_days is None:
        return _("Nothing was ever set: %s are kept until someone deletes them.") % (
            kind.labels
        )
    return _("Nothing was ever set: Custos keeps %s.") % keeps(kind, kind.default_days)
