"""Turns exports of matters into rows, facts and sentences for their pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.charts.progress import Progress
from kit.formatting import absolute, grouped, relative, size
from retention.holds.forms import kind_labels
from retention.matter_exports.models import MatterExport, Outcome
from retention.matter_exports.selectors import Share, Written

NOBODY = "\u2013"


def preview(shares: Sequence[Share]) -> list[dict[str, Any]]:
    """A row for each kind."""
    labels = kind_labels()
    return [
        {
            "kind": labels[one.kind],
            "objects": one.objects,
            "bytes": size(one.bytes),
            "withheld": one.withheld,
        }
        for one in shares
    ]


def sentence(shares: Sequence[Share]) -> str:
    """How much an export would hold now."""
    objects = sum(one.objects for one in shares)
    if not objects:
        return _("The hold covers nothing that may be exported now.")
    return ngettext(
        "An export made now would hold %(n)s object, %(size)s sealed.",
        "An export made now would hold %(n)s objects, %(size)s sealed.",
        objects,
    ) % {"n": grouped(objects), "size": size(sum(one.bytes for one in shares))}


def withheld(shares: Sequence[Share]) -> str:
    """What stays with its members whatever the hold covers; empty where nothing."""
    found = sum(one.withheld for one in shares)
    if not found:
        return ""
    return ngettext(
        "%(n)s object was written while this workspace was on a plan that lets nobody"
        " but its member read it. It is preserved and not exported.",
        "%(n)s objects were written while this workspace was on a plan that lets nobody"
        " but their members read them. They are preserved and not exported.",
        found,
    ) % {"n": grouped(found)}


def status(export: MatterExport, *, is_over: bool) -> tuple[str, str]:
    """Kind and word of its status."""
    if export.outcome == Outcome.STOPPED:
        return "bad", _("Stopped")
    if export.outcome == Outcome.FAILED:
        return "bad", _("Could not be written")
    if is_over:
        return "off", _("Expired") if export.deleted_at is None else _("Deleted")
    if export.outcome == Outcome.DONE:
        return "ok", _("Ready")
    return "run", _("Being written")


def ending(export: MatterExport) -> str:
    """Why there is no archive, and what to do; empty where there is or will be one."""
    if export.outcome == Outcome.FAILED:
        return _(
            "Custos could not write this archive: something failed on our side, or its"
            " workers ended before it was whole and it was not started again. Nobody"
            " can download a part of it; what was written goes with the next sweeps."
            " Ask again, and tell whoever runs Custos if that fails too."
        )
    if export.outcome == Outcome.STOPPED:
        return _(
            "It was stopped before it was whole: the job was canceled, the hold was"
            " released, or whoever asked may not export any more. What was written goes"
            " with the next sweeps."
        )
    return ""


def bar(export: MatterExport, written: Written) -> Progress | None:
    """How far it is; nothing where nothing was expected."""
    total = max(export.expected_n, written.objects)
    if not total:
        return None
    title = _("%(done)s of %(total)s objects") % {
        "done": grouped(written.objects),
        "total": grouped(total),
    }
    is_done = export.outcome == Outcome.DONE
    return Progress(
        title=title, total=total, done=total if is_done else written.objects
    )


def facts(
    export: MatterExport,
    written: Written,
    *,
    reason: str,
    people: Mapping[str, str],
    until: datetime | None,
    now: datetime,
) -> list[dict[str, Any]]:
    """Who asked, why, what it holds, and until when it is there."""
    asked = _("%(who)s, %(when)s, %(ago)s") % {
        "who": people.get(export.requested_by, NOBODY),
        "when": absolute(export.created_at),
        "ago": relative(export.created_at, now=now),
    }
    found = [
        {"name": _("Asked by"), "value": asked},
        {"name": _("Reason"), "value": reason or NOBODY},
        {"name": _("Objects"), "value": grouped(written.objects)},
        {"name": _("Files"), "value": grouped(written.files)},
    ]
    if written.withheld:
        text = _("%s, written under a plan that gives them to their member alone")
        found.append(
            {"name": _("Not exported"), "value": text % grouped(written.withheld)}
        )
    if written.unreadable:
        text = _("%s, whose keys are destroyed")
        found.append(
            {"name": _("Unreadable"), "value": text % grouped(written.unreadable)}
        )
    if export.ended_at:
        found.append({"name": _("Ended"), "value": absolute(export.ended_at)})
    if until is not None:
        found.append({"name": _("There until"), "value": absolute(until)})
    return [*found, {"name": _("Id"), "value": export.public_id, "is_mono": True}]
