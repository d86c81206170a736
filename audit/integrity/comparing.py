"""Says whether the log still holds a head that somebody saw or kept elsewhere."""

from typing import Any

from django.utils.translation import gettext as _

from audit.integrity import seen
from audit.integrity.forms import HeadForm
from audit.integrity.seen import Seen, Verdict
from audit.integrity.selectors import Head
from audit.log.selectors import Log
from audit.log.storage import Block
from kit.formatting import grouped


def with_seen(
    verdict: Verdict, *, last: Seen | None, newest: Head | None
) -> dict[str, str]:
    """The notice about the head that this browser saw last."""
    if verdict is Verdict.BROKEN and last is not None:
        text = _(
            "This log is not the one that this browser saw: the head over %(size)s"
            " entries (epoch %(epoch)s) that it saw before is not part of it. Keep what"
            " you have, and ask the operator what happened."
        ) % {"size": grouped(last.size), "epoch": last.epoch}
        return _bad(text)
    if newest is None:
        return {}
    if verdict is Verdict.FIRST:
        text = _("This browser remembers this head from now on, and compares.")
        return {"kind": "run", "icon": "info-circle", "text": text}
    if verdict is Verdict.SAME:
        text = _("This is the head that this browser saw last.")
    else:
        text = _(
            "The log holds all of the %s entries that this browser saw last: proven"
            " from its tree."
        ) % grouped(last.size if last else 0)
    return _good(text)


def with_kept(log: Log, *, form: HeadForm, newest: Block | None) -> dict[str, Any]:
    """The card that compares the log with a head that somebody kept."""
    if not form.is_bound or not form.is_valid():
        return {"form": form}
    kept = form.head
    number = {"size": grouped(kept.size), "epoch": kept.epoch}
    if seen.compared(log, last=kept, newest=newest) is Verdict.BROKEN:
        text = _(
            "This log does not hold the head over %(size)s entries (epoch %(epoch)s)"
            " that you kept, though it was signed here. Keep what you have, and ask the"
            " operator what happened."
        )
        return {"form": form, "notice": _bad(text % number)}
    text = _(
        "The log holds all of the %(size)s entries (epoch %(epoch)s) of the head that"
        " you kept: proven from its tree."
    )
    return {"form": form, "notice": _good(text % number)}


def _good(text: str) -> dict[str, str]:
    return {"kind": "ok", "icon": "circle-check", "text": text}


def _bad(text: str) -> dict[str, str]:
    return {"kind": "bad", "icon": "alert-octagon", "text": text}
