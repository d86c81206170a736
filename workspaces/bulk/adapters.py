"""Runs an act on many members as a job, whose file says what became of each."""

from django.utils.translation import gettext as _

from kit import scoping
from kit.formatting import grouped
from workspaces.bulk import services
from workspaces.bulk.acts import Act, Order
from workspaces.jobs import parcels, reports, runners
from workspaces.jobs.runners import Outcome, Run
from workspaces.members import acting
from workspaces.tenancy import selectors as tenants


def register() -> None:
    """Called once, when the app is ready."""
    runners.register(kind=services.JOB_KIND, runner=_run)


def _run(run: Run) -> Outcome:
    with scoping.organization(organization_id=run.organization_id):
        workspace = tenants.workspace_in_scope(workspace_id=run.workspace_id or 0)
        asked = parcels.unpack(run.arguments, workspace=workspace)
    total = len(asked["ids"])
    lines = list(
        services.carry_out(
            actor=acting.as_now(person=run.requested_by, workspace_id=workspace.id),
            workspace=workspace,
            ids=asked["ids"],
            order=Order(act=Act(asked["act"]), value=asked["value"]),
            reason=asked["reason"],
            at=run.now(),
            step=lambda done: run.progress(done=done, total=total),
        )
    )
    header = (_("address"), _("result"), _("why"))
    rows = (
        (one.email, _("left out") if one.why else _("done"), one.why) for one in lines
    )
    with scoping.organization(organization_id=run.organization_id):
        blob = parcels.keep_result(
            reports.csv_of(header=header, rows=rows), workspace=workspace
        )
    done = sum(1 for one in lines if not one.why)
    return Outcome(
        message=_("%(done)s done, %(left)s left out; the file says why.")
        % {"done": grouped(done), "left": grouped(len(lines) - done)},
        blob_id=blob,
        file_name="members.csv",
    )
