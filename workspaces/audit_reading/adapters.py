"""Puts streams of the audit log that are late or have a gap on the overview."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.streams import selectors
from audit.streams.selectors import Alarm
from kit import overview
from kit.actor import Actor
from kit.formatting import absolute, grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from workspaces.tenancy.selectors import (
    WorkspaceRef,
    access_of,
    administrations_of,
)

_MOST = 3


def register() -> None:
    """Called once, when the app is ready."""
    overview.register(
        Card(
            name="audit-streams",
            order=42,
            place=Place.STAT,
            permission=Permission.AUDIT_VIEW,
            build=_streams,
        )
    )


def _streams(actor: Actor, at: datetime) -> CardView | None:
    """Absent while all streams flow."""
    workspace = access_of(actor=actor).workspace
    found = selectors.alarms(
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
    )
    found = _mine(found, workspace, actor)
    if not found:
        return None
    n = len(found)
    sentence = ngettext(
        "%(n)s stream of the audit log is behind or has a gap.",
        "%(n)s streams of the audit log are behind or have a gap.",
        n,
    ) % {"n": grouped(n)}
    return CardView(
        status=Status.BAD,
        sentence=sentence,
        template="components/stat.html",
        context={
            "name": _("Audit streams"),
            "number": grouped(n),
            "noun": _("behind or with a gap"),
            "fact": found[0].name,
            "url": _url(found[0], workspace),
            "status_kind": Status.BAD.value,
            "status_word": _("Act"),
        },
        tasks=tuple(_task(one, workspace) for one in found[:_MOST]),
    )


def _mine(found: list[Alarm], workspace: WorkspaceRef, actor: Actor) -> list[Alarm]:
    """Streams of the whole organization wait for those who run it, and nobody else."""
    if all(one.workspace for one in found):
        return found
    run = administrations_of(user_id=actor.user_id or 0)
    if any(one.organization.id == workspace.organization.id for one in run):
        return found
    return [one for one in found if one.workspace]


def _task(alarm: Alarm, workspace: WorkspaceRef) -> Task:
    return Task(
        title=_title(alarm) % alarm.name,
        fact=_fact(alarm),
        action_url=_url(alarm, workspace),
        action_label=_("Open the stream"),
        tone="bad",
        icon_name="alert-octagon",
    )


def _title(alarm: Alarm) -> str:
    if alarm.late_since:
        return _("The stream “%s” is behind")
    return _("Entries are missing in the stream “%s”")


def _fact(alarm: Alarm) -> str:
    parts = []
    if alarm.late_since:
        since = absolute(alarm.late_since)
        parts.append(_("Its oldest entry waits since %s; nothing is lost.") % since)
    if alarm.gap_at:
        parts.append(
            _("Entries that it had not sent were gone from the log, found %s.")
            % absolute(alarm.gap_at)
        )
    return " ".join(parts)


def _url(alarm: Alarm, workspace: WorkspaceRef) -> str:
    if alarm.workspace:
        here = {"workspace": workspace.slug, "stream": alarm.stream}
        return reverse("audit:workspace-stream", kwargs=here)
    above = {"organization": workspace.organization.slug, "stream": alarm.stream}
    return reverse("audit:stream", kwargs=above)
