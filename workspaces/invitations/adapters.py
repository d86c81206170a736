"""Sends long lists of invitations as a job, whose file says what became of each row."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from kit import scoping
from kit.formatting import grouped
from workspaces.invitations import tasks
from workspaces.invitations.lists import Row
from workspaces.invitations.services import batches
from workspaces.invitations.services.batches import JOB_KIND, Done, Fate
from workspaces.jobs import parcels, reports, runners
from workspaces.jobs.runners import Outcome, Run
from workspaces.members import acting
from workspaces.roles.matrix import LABELS
from workspaces.tenancy import selectors as tenants


def register() -> None:
    """Called once, when the app is ready."""
    runners.register(kind=JOB_KIND, runner=_send)


def _send(run: Run) -> Outcome:
    with scoping.organization(organization_id=run.organization_id):
        workspace = tenants.workspace_in_scope(workspace_id=run.workspace_id or 0)
        packed = parcels.unpack(run.arguments, workspace=workspace)
    actor = acting.as_now(person=run.requested_by, workspace_id=workspace.id)
    rows = [
        Row(line=line, email=email, role=role, seat=seat)
        for line, email, role, seat in packed
    ]
    judged = batches.judge(actor=actor, workspace=workspace, rows=rows, at=run.now())
    done = batches.invite_all(
        actor=actor,
        workspace=workspace,
        rows=judged,
        at=run.now(),
        step=lambda number: run.progress(done=number, total=len(rows)),
    )
    tasks.ring()
    with scoping.organization(organization_id=run.organization_id):
        header = (_("line"), _("address"), _("result"), _("role"), _("why"))
        file = reports.csv_of(header=header, rows=_lines(done))
        blob = parcels.keep_result(file, workspace=workspace)
    invited = sum(1 for one in done if not one.flaw)
    return Outcome(
        message=_("%(invited)s invited, %(left)s not; the file says why.")
        % {"invited": grouped(invited), "left": grouped(len(done) - invited)},
        blob_id=blob,
        file_name="invitations.csv",
    )


def _lines(done: list[Done]) -> Iterator[tuple[str, ...]]:
    for one in done:
        row = one.row
        is_changed = row.fate is Fate.CHANGED
        why = one.flaw or ("; ".join(row.reasons) if is_changed else "")
        word = _("not invited") if one.flaw else _("invited")
        yield (str(row.line), row.email, word, str(LABELS[row.role]), why)
