"""Runs an export as a job: its lease, its progress, and who asks as they stand now."""

from uuid import UUID

from django.utils.translation import gettext as _

from kit import scoping
from kit.formatting import grouped
from retention.matter_exports import selectors, services
from workspaces.jobs import runners
from workspaces.jobs.runners import Outcome, Run
from workspaces.members import acting
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef


def register() -> None:
    """Called once, when the app is ready."""
    runners.register(kind=services.JOB_KIND, runner=_run)


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
