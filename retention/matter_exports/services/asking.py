"""Asks for an export: a row with a key of its own, and the job that writes it."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids, vault
from kit.actor import Actor
from kit.refusals import Refused
from kit.sealing import binding, seal
from retention.holds.models import Hold
from retention.holds.services.storing import scope
from retention.matter_exports import authority, selectors
from retention.matter_exports.models import MatterExport
from workspaces.jobs import services as jobs
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

JOB_KIND = "matters.export"
NOUN = "matter-export"
_LONGEST_REASON = 2000
_MOST_AT_ONCE = 3


class ReasonIsMissing(Refused):
    """Content leaves only for a reason, which the log keeps."""

    status = 422


class TooManyExports(Refused):
    """Each export is a copy: only so many of one matter are written at a time."""


def ask(
    *, actor: Actor, workspace: WorkspaceRef, hold: Hold, reason: str, at: datetime
) -> MatterExport:
    """Stores the request; the edge rings for the job once it is committed."""
    authority.demand(actor=actor, workspace=workspace, hold=hold)
    words = reason.strip()
    if not words or len(words) > _LONGEST_REASON:
        raise ReasonIsMissing(_("Say why, in at most 2,000 characters."))
    key = _new_key(workspace)
    with scope(workspace):
        # Two requests at once do not pass the limit together.
        Hold.objects.select_for_update(no_key=True).get(pk=hold.pk)
        _demand_room(hold)
        shares = selectors.preview(hold=hold)
        public_id = ids.new_uuid()
        place = binding(table=selectors.TABLE, row=public_id, column="sealed")
        export = MatterExport(
            workspace_id=workspace.id,
            public_id=public_id,
            hold=hold,
            plan_written=workspace.plan,
            key_id=key.id,
            key_made_at=key.made_at,
            sealed=seal(words.encode(), key=key.key, aad=place),
            requested_by=actor.id,
            expected_n=sum(share.objects for share in shares),
            created_at=at,
        )
        export.job_id = _enqueue(actor, workspace, export, at=at)
        export.save(force_insert=True)
        _record(actor, workspace, export, shares, words, at=at)
        return export


def _new_key(workspace: WorkspaceRef) -> vault.DataKey:
    with scope(workspace):
        parent = Workspace.objects.values_list("key_id", flat=True).get(pk=workspace.id)
    return vault.make_keys(parent=parent)[0]


def _demand_room(hold: Hold) -> None:
    running = MatterExport.objects.filter(
        hold=hold, outcome__isnull=True, deleted_at__isnull=True
    )
    if running.count() >= _MOST_AT_ONCE:
        raise TooManyExports(
            _("%s exports of this matter are being written: wait for one to end.")
            % _MOST_AT_ONCE
        )


def _enqueue(
    actor: Actor, workspace: WorkspaceRef, export: MatterExport, *, at: datetime
) -> UUID:
    return jobs.enqueue(
        actor=actor,
        kind=JOB_KIND,
        # Lists of jobs are seen by more people than may see holds.
        title=_("Export of a matter"),
        organization=workspace.organization,
        workspace=workspace,
        arguments={"export": str(export.public_id)},
        at=at,
    ).public_id


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    export: MatterExport,
    shares: list[selectors.Share],
    reason: str,
    *,
    at: datetime,
) -> None:
    record(
        actor=actor,
        action="retention.matter-export.requested",
        target=Target(kind=NOUN, id=export.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={
            "objects": export.expected_n,
            "bytes": sum(share.bytes for share in shares),
            "withheld": sum(share.withheld for share in shares),
        },
        details={"hold": str(export.hold.public_id)},
        reason=reason,
    )
