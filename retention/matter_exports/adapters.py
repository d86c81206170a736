"""Runs an export as a job: its lease, its progress, and who asks as they stand now.

And puts exports that could not be written on the overview of whoever asked for them.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import overview, scoping
from kit.actor import Actor
from kit.formatting import absolute, grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from retention.matter_exports import selectors, services
from retention.matter_exports.models import MatterExport
from retention.places import place
from workspaces.jobs import runners
from workspaces.jobs.runners import Outcome, Run
from workspaces.members import acting
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef, access_of

_SHOWN_FOR = timedelta(days=7)


def register() -> None:
    """Called once, when the app is ready."""
    runners.register(kind=services.JOB_KIND, runner=_run)
    overview.register(
        Card(
            name="failed_exports",
            order=46,
            place=Place.STAT,
            permission=Permission.MATTERS_EXPORT,
            build=_failed,
        )
    )


def _run(run: Run) -> Outcome:
    def workspace() -> WorkspaceRef:
        with scoping.organization(organization_id=run.organization_id):
            return tenants.workspace_in_scope(workspace_id=run.workspace_id or 0)

    steps = services.Steps(
        actor=lambda: acting.as_now(
            person=run.requested_by, workspace_id=run.workspace_id or 0
        ),
        workspace=workspace,
        tell=lambda done, total: run.progress(done=done, total=total),
        now=run.now,
    )
    export = services.write(export=UUID(run.arguments["export"]), steps=steps)
    with scoping.workspace(
        workspace_id=workspace().id, organization_id=run.organization_id
    ):
        written = selectors.written(export=export)
    return Outcome(
        message=_("%s objects are exported; the page of the matter has the file.")
        % grouped(written.objects)
    )


def _failed(actor: Actor, at: datetime) -> CardView | None:
    """Absent while there is none: calm is the normal state."""
    found = selectors.failed_for(person=actor.id, since=at - _SHOWN_FOR)
    if not found:
        return None
    number = len(found)
    sentence = ngettext(
        "%(n)s export of a matter could not be written.",
        "%(n)s exports of matters could not be written.",
        number,
    ) % {"n": grouped(number)}
    workspace = access_of(actor=actor).workspace
    return CardView(
        status=Status.WARN,
        sentence=sentence,
        template="components/stat.html",
        context={
            "name": _("Exports of matters"),
            "number": grouped(number),
            "noun": _("not written"),
            "fact": _("ask for them again"),
            "url": _place(workspace, found[0]),
            "status_kind": "warn",
            "status_word": _("Failed"),
        },
        tasks=tuple(
            Task(
                title=_("An export of a matter could not be written"),
                action_label=_("Look and ask again"),
                action_url=_place(workspace, one),
                fact=absolute(one.ended_at) if one.ended_at else "",
                icon_name="alert-triangle",
                tone="warn",
            )
            for one in found[:3]
        ),
    )


def _place(workspace: WorkspaceRef, export: MatterExport) -> str:
    return place(
        workspace,
        "retention:matter-export",
        hold=export.hold.public_id,
        export=export.public_id,
    )
