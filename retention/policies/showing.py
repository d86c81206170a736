"""Turns a policy and its preview into the sentences and charts of the editor."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.charts.bars import Annotation, Bar, BarChart
from kit.charts.phases import Phase, PhaseFill, WhenBar
from kit.content_kinds import Governed
from kit.formatting import absolute, day, grouped, relative, signed, size
from retention.eligibility.scopes import WORKSPACE, Scope
from retention.policies import wording
from retention.policies.models import Policy
from retention.policies.previews import Preview
from retention.policies.selectors import Standing

_NEWS = timedelta(hours=1)


def keeps(version: Policy) -> str:
    """What a version says, in a few words."""
    return _("taken away") if version.is_withdrawal else wording.kept_for(version.days)


def differences(version: Policy, before: Policy | None) -> list[dict[str, Any]]:
    """What a version changed, against the one before it; the first changed nothing."""
    if before is None:
        return []
    pairs = [
        (_("Keeps"), keeps(before), keeps(version)),
        (
            _("Can come back for"),
            wording.days_of(before.undo_days),
            wording.days_of(version.undo_days),
        ),
    ]
    return [
        {"field": field, "before": old, "after": new}
        for field, old, new in pairs
        if old != new
    ]


def standing_sentence(
    standing: Standing, *, kind: Governed, now: datetime, is_exception: bool = False
) -> str:
    """What is in force, and what will be."""
    if is_exception and not standing.version and standing.pending is None:
        return _("No policy of its own: the next wider one counts.")
    if standing.is_fixed_by_plan:
        return _("The plan keeps conversations %s after they were created.") % (
            wording.kept_for(standing.days)
        )
    sentence = _standing(standing, kind, is_exception=is_exception)
    if standing.pending:
        sentence += " " + _("Version %(version)s (%(days)s) takes force %(when)s.") % {
            "version": standing.pending.number,
            "days": wording.kept_for(standing.pending.days),
            "when": relative(standing.pending.in_force_at, now=now),
        }
    return sentence


def _standing(standing: Standing, kind: Governed, *, is_exception: bool) -> str:
    if standing.version:
        return _("Version %(version)s keeps %(what)s.") % {
            "version": standing.version,
            "what": wording.keeps(kind, standing.days),
        }
    if is_exception:
        return _("No policy of its own is in force yet: the next wider one counts.")
    return wording.nothing_set(kind)


def protections(*, grace: timedelta, undo_days: int) -> list[str]:
    """What stands between applying a policy and losing what it lets go."""
    hours = int(grace.total_seconds() // 3600)
    return [_grace(hours), _undo(undo_days)]


def _grace(hours: int) -> str:
    if not hours:
        return _(
            "This workspace has no grace period: a shorter policy takes force at once."
        )
    return ngettext(
        "A shorter policy takes force %(n)s hour after it is applied, so that it can"
        " still be changed.",
        "A shorter policy takes force %(n)s hours after it is applied, so that it can"
        " still be changed.",
        hours,
    ) % {"n": grouped(hours)}


def _undo(days: int) -> str:
    if not days:
        return _(
            "It has no undo window for expiry: what expires is purged by the next"
            " sweep, and nobody can bring it back."
        )
    return ngettext(
        "Under the policy in force what expires can come back for %(n)s day.",
        "Under the policy in force what expires can come back for %(n)s days.",
        days,
    ) % {"n": grouped(days)}


def in_force_just_now(standing: Standing, *, now: datetime) -> str:
    """Since when a new version is in force, while its sweep is news; else nothing."""
    if standing.since is None or now - standing.since > _NEWS:
        return ""
    return _("Version %(version)s is in force since %(when)s") % {
        "version": standing.version,
        "when": absolute(standing.since),
    }


def figures(preview: Preview, *, compared_with: str) -> list[dict[str, Any]]:
    """The four numbers that a reader of the preview came for."""
    return [
        {
            "name": _("Purged by the first sweep"),
            "number": grouped(preview.conversations),
            "fact": _("%(messages)s messages, %(files)s files, %(size)s")
            % {
                "messages": grouped(preview.messages),
                "files": grouped(preview.files),
                "size": size(preview.bytes),
            },
        },
        {
            "name": _("More than today"),
            "number": signed(preview.more_than_today),
            "tone": "warn" if preview.more_than_today else "",
            "fact": compared_with,
        },
        {
            "name": _("Kept by holds"),
            "number": grouped(preview.held),
            "tone": "held" if preview.held else "",
            "fact": _("due, and left in place"),
        },
        {
            "name": _("Members touched"),
            "number": grouped(preview.members_touched),
            "fact": _("own at least one of them"),
        },
    ]


def compared_with(standing: Standing, scope: Scope) -> str:
    """What counts today, for the figure of what goes beyond it."""
    if standing.version:
        return _("compared with version %s") % standing.version
    if scope != WORKSPACE:
        return _("compared with the next wider policy")
    if standing.days is None:
        return _("today nothing expires")
    return _("compared with the usual %s") % wording.days_of(standing.days)


def weeks_chart(
    preview: Preview, *, kind: Governed, number: int, today: int
) -> BarChart:
    """What is purged in each of the next weeks, against today's policy."""
    bars = tuple(
        Bar(
            label=_axis_label(week.ends_at),
            value=week.conversations,
            held=preview.held if place == 0 else 0,
            compared=week.under_today,
        )
        for place, week in enumerate(preview.by_week)
    )
    first = preview.by_week[0]
    later = sum(week.conversations for week in preview.by_week[1:])
    return BarChart(
        id="weeks",
        title=_("The first sweep purges %(first)s, the weeks after it %(later)s more.")
        % {"first": grouped(first.conversations), "later": grouped(later)},
        description=_("What is purged per week under version %(number)s: %(kind)s.")
        % {"number": number, "kind": kind.labels},
        caption=_(
            "Purged per week, week ending; first bar: first sweep. Counted: %(kind)s"
        )
        % {"kind": kind.labels},
        bars=bars,
        category=_("Week ending"),
        value_name=_("Version %s") % number,
        held_name=_("Held, left in place"),
        compared_name=_("Version %s, today") % today if today else _("Today"),
        annotation=_backlog(preview),
        plot_height=210,
    )


def when_bar(preview: Preview, *, undo_days: int, at: datetime) -> WhenBar:
    """From setting the policy to the last purge, with what can still be undone."""
    limit = preview.in_force_at + timedelta(days=30)
    phases = []
    if preview.in_force_at > at:
        phases.append(
            Phase(
                name=_("Grace"),
                starts=_("When applied"),
                remark=_("Change it freely"),
                fill=PhaseFill.SOFT,
            )
        )
    if undo_days:
        phases.append(
            Phase(
                name=_("Hidden, can come back"),
                starts=day(preview.in_force_at),
                remark=_("Lengthen the policy to bring back"),
                fill=PhaseFill.HATCHED,
                weight=2,
            )
        )
    phases.append(
        Phase(
            name=_("Purged"),
            starts=absolute(preview.first_sweep_at),
            remark=_("Cannot be undone"),
            fill=PhaseFill.SOLID,
            weight=2,
            is_final=True,
        )
    )
    return WhenBar(
        title=_("What happens when"),
        phases=tuple(phases),
        limit_label=day(limit, year=False),
        limit_remark=_("Day 30"),
    )


def consequence(
    preview: Preview, *, kind: Governed, undo_days: int, now: datetime
) -> str:
    """The sentence before something that cannot be undone."""
    is_now = preview.first_sweep_at <= now
    when = _("at once") if is_now else relative(preview.first_sweep_at, now=now)
    gone = wording.gone(kind, preview.conversations, when=when)
    if undo_days == 0 and preview.in_force_at <= now:
        # What brings nothing forward waits for no grace period, whatever it is.
        if preview.conversations and not preview.more_than_today:
            why = _("Today's rule lets them go as well: nobody can bring them back.")
        else:
            why = _(
                "This workspace has no grace period and no undo window for expiry:"
                " nobody can bring them back."
            )
        return f"{gone} {why}"
    return gone + " " + _("Until then a longer policy brings them back.")


def _axis_label(ends_at: datetime) -> str:
    return day(ends_at, year=False)


def _backlog(preview: Preview) -> Annotation | None:
    if not preview.by_week[0].conversations:
        return None
    held = _("%s more are held and stay.") % grouped(preview.held)
    return Annotation(
        bar=0,
        title=_("%s at the first sweep") % grouped(preview.by_week[0].conversations),
        lines=(_("The older backlog falls due at once."),)
        + ((held,) if preview.held else ()),
    )
