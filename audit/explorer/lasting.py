"""Says until when the details of an entry stay, by which rule, and what changes it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from audit.expiry import selectors as expiry
from audit.expiry.selectors import Why
from audit.explorer.selectors import Shown
from audit.log.selectors import Log
from kit.formatting import absolute, grouped, relative


class Stands(StrEnum):
    """Where the details of an entry stand."""

    NONE = "none"
    """The entry was made without any."""
    LIVE = "live"
    GONE = "gone"


class WayOut(StrEnum):
    """What would change the outcome."""

    CHANGE_DAYS = "change days"
    PLACE_HOLD = "place hold"
    RELEASE_HOLD = "release hold"
    ERASE_PERSON = "erase person"


_WAYS_OUT = {
    WayOut.CHANGE_DAYS: _lazy("More days keep them longer, fewer take them sooner."),
    WayOut.PLACE_HOLD: _lazy("A legal hold that covers the entry keeps them."),
    WayOut.RELEASE_HOLD: _lazy("Releasing every hold over it lets the days decide."),
    WayOut.ERASE_PERSON: _lazy("Erasing a person takes what names them at once."),
}


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """Until when the details of an entry stay; `is_due`: the next run takes them."""

    stands: Stands
    why: Why
    is_due: bool
    ways_out: tuple[WayOut, ...]


def of(*, log: Log, shown: Shown, at: datetime) -> Lasting | None:
    """The decision about the details of a sealed entry; None for one that is not."""
    if shown.epoch is None or shown.index is None:
        return None
    why = expiry.why(
        organization_id=log.organization_id,
        epoch=shown.epoch,
        index=shown.index,
        at=at,
    )
    if why is None:
        return None
    stands = _stands(shown, why)
    return Lasting(
        stands=stands,
        why=why,
        is_due=stands is Stands.LIVE and why.is_old and not why.is_held,
        ways_out=_ways_out(why) if stands is Stands.LIVE else (),
    )


def said(lasting: Lasting, *, now: datetime) -> dict[str, object]:
    """The answer in words; its rule, and what would change it."""
    days = lasting.why.kept_days
    rule = ngettext(
        "The organization keeps details for %s day.",
        "The organization keeps details for %s days.",
        days,
    )
    return {
        "answer": _answer(lasting, now=now),
        "rule": rule % grouped(days),
        "ways_out": [_WAYS_OUT[way] for way in lasting.ways_out],
    }


def _stands(shown: Shown, why: Why) -> Stands:
    if why.are_there:
        return Stands.LIVE
    has_had = shown.leaf is None or bool(shown.leaf.commit)
    return Stands.GONE if has_had else Stands.NONE


def _ways_out(why: Why) -> tuple[WayOut, ...]:
    if why.is_held:
        return (WayOut.RELEASE_HOLD, WayOut.CHANGE_DAYS)
    return (WayOut.CHANGE_DAYS, WayOut.PLACE_HOLD, WayOut.ERASE_PERSON)


def _answer(lasting: Lasting, *, now: datetime) -> str:
    why = lasting.why
    if lasting.stands is Stands.NONE:
        return _("It was made without details.")
    if lasting.stands is Stands.GONE and why.is_old:
        return _("They are gone: their days were over %s.") % absolute(why.goes_after)
    if lasting.stands is Stands.GONE:
        return _("They are gone: a person was erased, or fewer days were set then.")
    if why.is_held:
        return _("A legal hold keeps them; their days end %s.") % (
            absolute(why.goes_after)
        )
    if not why.is_old:
        away = relative(why.goes_after, now=now)
        when = {"when": absolute(why.goes_after), "away": away}
        return _("They go with the first run after %(when)s, %(away)s.") % when
    if why.next_run_at is None or why.next_run_at <= now:
        return _("Their days are over: they go with the next run.")
    return _("Their days are over: they go with the run of %s.") % (
        absolute(why.next_run_at)
    )
