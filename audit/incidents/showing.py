"""Turns incidents, their timelines and the rules into rows, facts and sentences."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from audit.explorer.pages import Pages
from audit.incidents.kinds import SAID, SEVERITIES
from audit.incidents.models import Act, AuditIncident, AuditIncidentStep
from audit.incidents.rules import RULES, Kind, State
from audit.incidents.selectors import Setting
from audit.incidents.services.handling import STEPS, TABLE
from audit.incidents.storing import Box
from kit.formatting import absolute, grouped, relative

_STATES: dict[str, tuple[str, Any]] = {
    State.OPEN: ("bad", _lazy("Open")),
    State.ACKNOWLEDGED: ("run", _lazy("Acknowledged")),
    State.RESOLVED: ("ok", _lazy("Resolved")),
}
_ACTS: dict[str, tuple[str, Any]] = {
    Act.SEEN: ("alert-triangle", _lazy("An entry that the rule found")),
    Act.PAGED: ("mail", _lazy("Paged %(text)s")),
    Act.ACKNOWLEDGED: ("circle-check", _lazy("%(by)s took it")),
    Act.ASSIGNED: ("user", _lazy("%(by)s handed it on to %(text)s")),
    Act.NOTED: ("pencil", _lazy("%(by)s wrote")),
    Act.TOLD: ("mail", _lazy("%(by)s gave notice")),
    Act.RESOLVED: ("circle-check", _lazy("%(by)s resolved it")),
    Act.REOPENED: ("refresh", _lazy("%(by)s opened it again")),
}
_WITH_TEXT = {Act.NOTED, Act.TOLD, Act.RESOLVED, Act.REOPENED}


def url(pages: Pages, name: str, **place: UUID) -> str:
    """One of the pages of incidents, by the last part of its URL name."""
    if pages.workspace:
        kwargs: dict[str, Any] = {"workspace": pages.slug, **place}
        return reverse(f"audit:workspace-{name}", kwargs=kwargs)
    return reverse(f"audit:{name}", kwargs={"organization": pages.slug, **place})


def crumbs(pages: Pages, label: str = "") -> list[dict[str, str]]:
    """Where the pages stand."""
    here: list[dict[str, str]] = pages.crumbs()[:-1]
    if not label:
        return [*here, {"label": _("Incidents")}]
    above = {"label": _("Incidents"), "url": url(pages, "incidents")}
    return [*here, above, {"label": label}]


def name(incident: AuditIncident) -> str:
    """What its kind is called."""
    return str(SAID[Kind(incident.kind)].name)


def status(incident: AuditIncident) -> dict[str, str]:
    """The status rectangle of an incident."""
    kind, word = _STATES[incident.state]
    return {"kind": kind, "word": str(word)}


def rows(
    found: Iterable[AuditIncident], *, pages: Pages, box: Box, now: datetime
) -> list[dict[str, Any]]:
    """One row for each incident."""
    return [
        {
            "name": name(one),
            "status": status(one),
            "opened_at": one.opened_at,
            "age": relative(one.opened_at, now=now),
            "found": one.found_n,
            "owner": owner(one, box=box),
            "url": url(pages, "incident", incident=one.public_id),
        }
        for one in found
    ]


def owner(incident: AuditIncident, *, box: Box) -> str:
    """Who has it; nobody yet is empty."""
    found = box.open(incident.owner, table=TABLE, row=incident.public_id)
    return str(found.get("name", ""))


def facts(incident: AuditIncident, *, box: Box, now: datetime) -> list[dict[str, Any]]:
    """What there is to know, one a line."""
    severity = SEVERITIES[RULES[Kind(incident.kind)].severity]
    found: list[dict[str, Any]] = [
        {"name": _("Severity"), "value": severity},
        {"name": _("Owner"), "value": owner(incident, box=box) or _("nobody yet")},
        {"name": _("Opened"), "value": _when(incident.opened_at, now)},
        {"name": _("Last seen"), "value": _when(incident.seen_at, now)},
        {"name": _("Entries found"), "value": grouped(incident.found_n)},
    ]
    if incident.acknowledged_at:
        when = _when(incident.acknowledged_at, now)
        found.append({"name": _("Acknowledged"), "value": when})
    if incident.resolved_at:
        when = _when(incident.resolved_at, now)
        found.append({"name": _("Resolved"), "value": when})
    if incident.subject:
        subject = {"name": _("About"), "value": incident.subject, "is_mono": True}
        found.append(subject)
    return [*found, {"name": _("Id"), "value": incident.public_id, "is_mono": True}]


def subject(incident: AuditIncident, *, pages: Pages) -> dict[str, str]:
    """The page to look at first, where the incident leads to one; else nothing."""
    if incident.kind == Kind.STREAM and incident.subject:
        place = url(pages, "stream", stream=UUID(incident.subject))
        return {"label": _("Open the stream"), "url": place}
    if incident.kind == Kind.VERIFICATION:
        return {"label": _("Open the audit log"), "url": pages.list_url()}
    return {}


def timeline(
    steps: Iterable[AuditIncidentStep], *, pages: Pages, box: Box
) -> list[dict[str, Any]]:
    """The lines of the timeline; an entry leads to itself in the log."""
    return [_line(step, pages=pages, box=box) for step in steps]


def _line(step: AuditIncidentStep, *, pages: Pages, box: Box) -> dict[str, Any]:
    icon, title = _ACTS[step.act]
    told = box.open(step.sealed, table=STEPS, row=step.public_id)
    # Who was erased from the log is nobody here either.
    by, text = told.get("by") or _("Somebody erased"), told.get("text", "")
    written = {"by": str(by), "text": str(text)}
    is_entry = step.epoch is not None and step.index is not None
    return {
        "icon": icon,
        "tone": "warn" if is_entry else "",
        "title": str(title) if is_entry else str(title) % written,
        "at": step.at,
        "text": written["text"] if step.act in _WITH_TEXT else "",
        "url": pages.url("entry", epoch=step.epoch or 0, index=step.index or 0)
        if is_entry
        else "",
        "label": _("Entry %s") % grouped(step.index or 0) if is_entry else "",
    }


def rule_sentence(setting: Setting) -> str:
    """When a rule opens an incident."""
    if not setting.is_on:
        return _("Off: it opens no incidents.")
    n, minutes = setting.rule.threshold, setting.rule.minutes
    if n == 1:
        return _("Opens an incident at the first one.")
    return ngettext(
        "Opens an incident at %(n)s within %(m)s minute.",
        "Opens an incident at %(n)s within %(m)s minutes.",
        minutes,
    ) % {"n": grouped(n), "m": grouped(minutes)}


def states(pages: Pages, chosen: str) -> list[dict[str, Any]]:
    """The list narrowed by state, as links."""
    words = {"": _("All")} | {key: str(word) for key, (_k, word) in _STATES.items()}
    here = url(pages, "incidents")
    return [
        {
            "label": word,
            "url": f"{here}?state={value}" if value else here,
            "chosen": value == chosen,
        }
        for value, word in words.items()
    ]


def _when(moment: datetime, now: datetime) -> str:
    return f"{absolute(moment)}, {relative(moment, now=now)}"
