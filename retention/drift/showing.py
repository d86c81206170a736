"""Says what became of the items of a purge list in words."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit import content_kinds
from kit.formatting import absolute, grouped
from retention.drift.causes import ALARMS, AS_LISTED, Beside, Cause
from retention.drift.selectors import Item
from retention.policies.listing.models import PurgeList

# Kind of status, word, and what it means; in the order of the page.
_WORDS = {
    Cause.UNEXPLAINED: (
        "bad",
        _lazy("Unexplained"),
        _lazy("Nothing that is known tells why. An incident is open."),
    ),
    Cause.PURGED: ("ok", _lazy("Purged"), _lazy("As listed.")),
    Cause.TO_COME: ("wait", _lazy("Not due yet"), _lazy("Goes as listed.")),
    Cause.WAITING: ("wait", _lazy("Due"), _lazy("The next sweep takes it.")),
    Cause.STOPPED: (
        "warn",
        _lazy("Sweep stopped"),
        _lazy("The circuit breaker stopped the sweep; a person has to decide."),
    ),
    Cause.IN_USE: (
        "wait",
        _lazy("In use"),
        _lazy("Locked or changed while the sweep went over it; the next one takes it."),
    ),
    Cause.KEPT: ("held", _lazy("Held"), _lazy("A hold kept it when it was listed.")),
    Cause.HELD: ("held", _lazy("Held since"), _lazy("A hold covers it since then.")),
    Cause.RELEASED: (
        "warn",
        _lazy("Released since"),
        _lazy("A hold kept it when it was listed, and was released since."),
    ),
    Cause.ACTIVITY: (
        "warn",
        _lazy("New activity"),
        _lazy("Somebody wrote in it since, so its age counts from then."),
    ),
    Cause.RESTORED: (
        "warn",
        _lazy("Restored"),
        _lazy("It was deleted when it was listed, and came back since."),
    ),
    Cause.DELETED: (
        "warn",
        _lazy("Deleted"),
        _lazy("Its owner or a program deleted it since, so it goes by that."),
    ),
    Cause.EARLIER: (
        "ok",
        _lazy("Purged earlier"),
        _lazy("Another rule let it go before the first sweep of this policy."),
    ),
    Cause.MOVED: (
        "warn",
        _lazy("Moved"),
        _lazy("Another group, member or project's policy governs it since."),
    ),
    Cause.POLICY: (
        "warn",
        _lazy("Policy changed"),
        _lazy("This policy was cancelled or undone, or another one was set since."),
    ),
    Beside.UNEXPLAINED: (
        "bad",
        _lazy("Unexplained"),
        _lazy("Nothing that is known tells why. An incident is open."),
    ),
    Beside.DELETED: (
        "warn",
        _lazy("Deleted since"),
        _lazy("Its owner or a program deleted it after the list was made."),
    ),
    Beside.STORED: (
        "warn",
        _lazy("Stored since"),
        _lazy("It was stored after the list was made, old already."),
    ),
    Beside.POLICY: (
        "warn",
        _lazy("Policy changed"),
        _lazy("Another policy, floor or ceiling was set since."),
    ),
    Beside.DUE_SINCE: (
        "warn",
        _lazy("Due since"),
        _lazy("The sweep ran later than the list said; it became due between."),
    ),
    Beside.MOVED: (
        "warn",
        _lazy("Moved"),
        _lazy("Another group, member or project's policy governed it before."),
    ),
}


def sentence(found: PurgeList, counts: Mapping[str, int] | None) -> str:
    """The answer of the page: what goes when, or how far it went as listed."""
    if found.listed_n is None:
        return _("The list is being written: about %(n)s, within a minute or two.") % {
            "n": grouped(found.expected_n)
        }
    listed = ngettext("%(n)s item", "%(n)s items", found.listed_n) % {
        "n": grouped(found.listed_n)
    }
    if counts is None or not _is_over(counts):
        return _("%(listed)s, to go in the first sweep after %(when)s.") % {
            "listed": listed,
            "when": absolute(found.first_sweep_at),
        }
    otherwise, more = drifted(counts), _beside(counts)
    if not otherwise and not more:
        return _("%(listed)s: everything went as listed.") % {"listed": listed}
    return _(
        "%(listed)s; %(n)s went otherwise, and %(more)s went that it does not name."
        " Each has its cause below."
    ) % {"listed": listed, "n": grouped(otherwise), "more": grouped(more)}


def drifted(counts: Mapping[str, int]) -> int:
    """How many of the listed became something else."""
    return sum(counts.get(one.value, 0) for one in Cause if one not in AS_LISTED)


def _beside(counts: Mapping[str, int]) -> int:
    return sum(counts.get(one.value, 0) for one in Beside)


def _is_over(counts: Mapping[str, int]) -> bool:
    return not counts.get(Cause.TO_COME.value, 0)


def causes(
    counts: Mapping[str, int], *, chosen: str, url: Callable[[str], str]
) -> list[dict[str, Any]]:
    """One row for each cause that occurs, the alarms first."""
    return [
        {
            **_status(name.value),
            "text": text,
            "number": grouped(counts[name.value]),
            "url": url(name.value) if isinstance(name, Cause) else "#beside",
            "is_chosen": name.value == chosen,
            "is_alarm": name.value in ALARMS,
        }
        for name, (_kind, _word, text) in _WORDS.items()
        if counts.get(name.value)
    ]


def row(
    item: Item, *, why: Callable[[Item], str], hold: Callable[[Item], str]
) -> dict[str, Any]:
    """One item: its id, its kind, what became of it."""
    kinds = {kind.name: kind.labels for kind in content_kinds.governed()}
    return {
        "id": item.public_id,
        "kind": kinds.get(item.kind, item.kind),
        "url": why(item),
        "hold_url": hold(item) if item.hold else "",
        "hold": str(item.hold.public_id)[:8] if item.hold else "",
        **_status(item.cause),
    }


def facts(found: PurgeList) -> list[dict[str, Any]]:
    """What binds the list to the log."""
    if found.digest is None or found.listed_at is None:
        return []
    return [
        {"name": _("Listed"), "value": absolute(found.listed_at)},
        {"name": _("First sweep after"), "value": absolute(found.first_sweep_at)},
        {"name": _("Kept by holds"), "value": grouped(found.held_n or 0)},
        {
            "name": _("Digest, as in the audit log"),
            "value": bytes(found.digest).hex(),
            "is_mono": True,
        },
    ]


def _status(name: str) -> dict[str, Any]:
    known = {cause.value: said for cause, said in _WORDS.items()}
    kind, word, _text = known[name]
    return {"status_kind": kind, "status_word": word}
