"""Turns a sweep and its progress into sentences and the halves of its receipt."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import content_kinds
from kit.formatting import absolute, duration, grouped, relative, size
from retention.sweeps.models import FINISHED, Sweep, SweepCount, SweepState, Trigger
from retention.sweeps.selectors import Progress


def status(sweep: Sweep) -> dict[str, Any]:
    """The rectangle beside the name of a sweep."""
    if sweep.state == SweepState.CLOSED:
        return {"kind": "ok", "word": _("Done")}
    if sweep.state == SweepState.STOPPED:
        return {"kind": "off", "word": _("Stopped")}
    return {"kind": "run", "word": _("Running")}


def name(sweep: Sweep) -> str:
    """ "Sweep of Thu 3 Dec 2026, 02:00 UTC"."""
    return _("Sweep of %s") % absolute(sweep.opened_at)


def number(sweep: Sweep) -> str:
    """The number on the receipt: day and minute."""
    return f"{sweep.opened_at:%Y-%m-%d / %H%M}"


def sentence(sweep: Sweep, *, people: Mapping[str, str], now: datetime) -> str:
    """Under which rule, started by whom, how long it took."""
    parts = []
    if sweep.policy_versions:
        parts.append(_("Under %s.") % rule(sweep.policy_versions))
    starter = people.get(sweep.started_by, _("the operator"))
    if sweep.trigger == Trigger.SCHEDULE:
        starter = _("schedule")
    parts.append(
        _("Started by %(who)s %(when)s.")
        % {"who": starter, "when": relative(sweep.opened_at, now=now)}
    )
    if sweep.ended_at is not None:
        parts.append(
            _("Took %(took)s, ended %(when)s.")
            % {
                "took": duration(sweep.ended_at - sweep.opened_at),
                "when": relative(sweep.ended_at, now=now),
            }
        )
        parts.append(_failed(sweep.failed_n))
    return " ".join(parts)


def rule(label: str) -> str:
    """The versions that a sweep obeyed, from the label that the log carries."""
    kind, _sep, number_of = label.partition("-")
    if not label:
        return _("not planned yet")
    if kind == "members":
        return _("own policies of %s members") % number_of
    if label.startswith("v"):
        return _("policy version %s") % label[1:]
    return _("the plan's own rule")


def answer(sweep: Sweep, progress: Progress) -> dict[str, Any]:
    """The one number, the bar, and the rest in words."""
    if sweep.planned_at is None:
        return {"number": "0", "rest_of": _("purged; counting what is due")}
    planned = ngettext(
        "of %(n)s conversation purged",
        "of %(n)s conversations purged",
        progress.planned,
    )
    return {
        "number": grouped(progress.purged),
        "rest_of": planned % {"n": grouped(progress.planned)},
        "rest": _rest(sweep, progress),
        "note": _note(progress),
    }


def plan_facts(sweep: Sweep, *, workspace: str) -> list[dict[str, Any]]:
    """The upper half of the receipt: what was promised before the first row went."""
    facts: list[dict[str, Any]] = [
        {"name": _("Workspace"), "value": workspace},
        {"name": _("Rule"), "value": rule(sweep.policy_versions)},
    ]
    if sweep.planned_at is None or sweep.plan_root is None:
        return facts
    return [
        *facts,
        {"name": _("Planned"), "value": grouped(sweep.planned_n)},
        {
            "name": _("Plan root"),
            "value": _short(bytes(sweep.plan_root).hex()),
            "is_mono": True,
        },
        {
            "name": _("Plan signed"),
            "value": f"{sweep.sealed_at:%H:%M:%S} UTC"
            if sweep.sealed_at
            else _("waits for the log's next signature"),
        },
    ]


def result_facts(sweep: Sweep, progress: Progress) -> list[dict[str, Any]]:
    """The lower half: what was done, so far or in the end."""
    is_over = sweep.purged_at is not None
    form = "%s" if is_over else _("%s so far")
    destroys = sweep.purged_at is not None
    return [
        {"name": _("Purged"), "value": form % grouped(progress.purged)},
        {"name": _("Left, held"), "value": form % grouped(progress.held)},
        {"name": _("No longer due"), "value": form % grouped(progress.skipped)},
        {"name": _("Failed"), "value": form % grouped(progress.failed)},
        {
            "name": _("Keys destroyed"),
            "value": grouped(progress.keys_destroyed)
            if destroys
            else _("after the purge"),
        },
        {
            "name": _("Files destroyed"),
            "value": grouped(progress.files_destroyed)
            if destroys
            else _("after the keys"),
        },
    ]


def others(counts: Sequence[SweepCount]) -> list[dict[str, Any]]:
    """The numbers of each kind beside conversations."""
    labels = {kind.name: storage.labels for kind, storage in content_kinds.swept()}
    return [
        {
            "labels": labels.get(one.kind, one.kind),
            "planned": one.planned_n,
            "purged": one.purged_n,
            "held": one.held_n,
            "skipped": one.skipped_n,
            "failed": one.failed_n,
        }
        for one in counts
    ]


def unsigned_reason(sweep: Sweep) -> str:
    """Why there is no signature."""
    if sweep.state in FINISHED:
        return _("This sweep was stopped before its end. It is never signed.")
    return _(
        "It is signed when the last key and the last file are destroyed. Until then"
        " this page is a report, not evidence."
    )


def _rest(sweep: Sweep, progress: Progress) -> str:
    if sweep.purged_at is not None:
        return _("%(messages)s messages, %(files)s files, %(size)s") % {
            "messages": grouped(sweep.messages_n),
            "files": grouped(sweep.files_n),
            "size": size(sweep.bytes_n),
        }
    if progress.ends_in is None or progress.per_second is None:
        return ""
    return _("about %(left)s left, %(rate)s a second") % {
        "left": duration(progress.ends_in),
        "rate": grouped(round(progress.per_second)),
    }


def waits(*, due: int, is_running: bool, begins_at: datetime | None) -> str:
    """Why the sweep that follows a policy is not there yet.

    `begins_at` is the next time of the schedule, where a policy does not hurry it.
    """
    if is_running and begins_at is None:
        return _(
            "A sweep that began before the policy took force is still running. The"
            " next one starts within a minute after it ends."
        )
    if not due:
        return _("Nothing is due under the policy in force, so no sweep starts.")
    if begins_at is not None:
        return ngettext(
            "%(n)s conversation is due. By its schedule the sweep starts %(when)s.",
            "%(n)s conversations are due. By its schedule the sweep starts %(when)s.",
            due,
        ) % {"n": grouped(due), "when": absolute(begins_at)}
    return ngettext(
        "%(n)s conversation is due. Its sweep starts within a minute.",
        "%(n)s conversations are due. Their sweep starts within a minute.",
        due,
    ) % {"n": grouped(due)}


def _note(progress: Progress) -> str:
    notes = []
    if progress.held:
        notes.append(_("%s left in place, they are held.") % grouped(progress.held))
    if progress.skipped:
        notes.append(
            _("%s were no longer due when their batch came.")
            % grouped(progress.skipped)
        )
    if progress.failed:
        notes.append(_failed(progress.failed))
    return " ".join(notes)


def _failed(number_failed: int) -> str:
    if not number_failed:
        return _("Nothing failed.")
    return ngettext(
        "%(n)s stayed locked and waits for the next sweep.",
        "%(n)s stayed locked and wait for the next sweep.",
        number_failed,
    ) % {"n": grouped(number_failed)}


def _short(digest: str) -> str:
    """ "7c1e 40b9 … d2f8 61aa"."""
    return f"{digest[:4]} {digest[4:8]} … {digest[-8:-4]} {digest[-4:]}"
