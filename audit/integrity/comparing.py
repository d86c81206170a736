"""Says whether the log still holds a head that somebody saw or kept elsewhere."""

from typing import Any

from django.utils.translation import gettext as _

from audit.integrity.head_form import HeadForm
from audit.integrity.seen import Seen, Verdict
from audit.integrity.selectors import Head
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
            "The head over %s entries that this browser saw last is part of this log:"
            " proven from its tree."
        ) % grouped(last.size if last else 0)
    return _good(text)


def with_kept(verdict: Verdict | None, *, form: HeadForm) -> dict[str, Any]:
    """The card about a head that somebody kept; no verdict where none was given."""
    if verdict is None:
        return {"form": form}
    number = {"size": grouped(form.head.size), "epoch": form.head.epoch}
    if verdict is Verdict.BROKEN:
        text = _(
            "The head over %(size)s entries (epoch %(epoch)s) that you kept is not part"
            " of this log, though it was signed here. Keep what you have, and ask the"
            " operator what happened."
        )
        return {"form": form, "notice": _bad(text % number)}
    if verdict is Verdict.SAME:
        text = _("The head that you kept is the newest one of this log.")
        return {"form": form, "notice": _good(text)}
    text = _(
        "The head over %(size)s entries (epoch %(epoch)s) that you kept is part of this"
        " log: proven from its tree."
    )
    return {"form": form, "notice": _good(text % number)}


def _good(text: str) -> dict[str, str]:
    return {"kind": "ok", "icon": "circle-check", "text": text}


def _bad(text: str) -> dict[str, str]:
    return {"kind": "bad", "icon": "alert-octagon", "text": text}
