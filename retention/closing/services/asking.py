"""Asks to close a workspace, and keeps it while the grace lasts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids
from kit.actor import Actor
from kit.permissions import Permission, PermissionDenied
from kit.refusals import Refused
from retention.closing import selectors
from retention.closing.models import Closing, ClosingState
from retention.closing.selectors import Stored
from retention.holds import locking
from retention.holds import selectors as holds
from retention.holds.services import storing
from workspaces.tenancy.models import Workspace, WorkspaceState
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_REASON = 1000


class ClosingIsUnderWay(Refused):
    """A workspace closes once."""


class ClosingReasonIsMissing(Refused):
    """Closing a workspace needs a reason."""

    status = 422


class ClosingHasBegun(Refused):
    """After the grace nobody takes a closing back: content is being deleted."""


class NothingToUndo(Refused):
    """Nobody has asked to close this workspace."""


def request(
    *, actor: Actor, workspace: WorkspaceRef, reason: str, at: datetime
) -> Closing:
    """An owner of the organization asks to close a workspace; the grace begins.

    UnderLegalHold while a hold protects anything there. One that is placed later
    makes the closing wait instead.
    """
    _demand(actor, workspace)
    reason = _checked(reason)
    with storing.scope(workspace):
        locking.before_changing()
        # Two owners take turns.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        if selectors.newest() is not None:
            raise ClosingIsUnderWay(_("This workspace is being closed already."))
        holds.demand_none_in_force(at=at)
        found = [s for s in selectors.stored(workspace=workspace, at=at) if s.number]
        row = _store(actor, workspace, found, reason=reason, at=at)
        _set_state(workspace, WorkspaceState.CLOSING, row.closes_at)
        counts = {
            "bytes": sum(one.bytes for one in found),
            "stored": sum(one.number for one in found),
        }
        note(actor, workspace, row, "requested", at=at, counts=counts, reason=reason)
        return row


def undo(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> None:
    """An owner keeps the workspace: while the grace lasts, nothing has changed."""
    _demand(actor, workspace)
    with storing.scope(workspace):
        # This row before that of the workspace, as the worker does.
        row = Closing.objects.select_for_update().exclude(state="undone").first()
        if row is None:
            raise NothingToUndo(_("Nobody has asked to close this workspace."))
        if row.state != ClosingState.GRACE:
            raise ClosingHasBegun(
                _("The grace is over: what was stored here is being deleted.")
            )
        row.state, row.ended_at = ClosingState.UNDONE, at
        row.save(update_fields=["state", "ended_at"])
        _set_state(workspace, WorkspaceState.OPEN, None)
        note(actor, workspace, row, "undone", at=at)


def note(
    actor: Actor,
    workspace: WorkspaceRef,
    row: Closing,
    act: str,
    *,
    at: datetime,
    counts: Mapping[str, int] | None = None,
    reason: str = "",
    using: str = "default",
) -> None:
    """Records a step of a closing, in the transaction that makes it."""
    record(
        actor=actor,
        action=f"retention.closing.{act}",
        target=Target(kind="workspace", id=workspace.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts=counts,
        details={"closing": str(row.public_id)} if using == "default" else None,
        reason=reason,
        using=using,
    )


def _demand(actor: Actor, workspace: WorkspaceRef) -> None:
    if actor.organization_id not in (None, workspace.organization.id):
        raise PermissionDenied(Permission.WORKSPACES_CLOSE, "")
    actor.require(Permission.WORKSPACES_CLOSE)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise ClosingReasonIsMissing(
            _("Say why it is closed, in at most 1,000 characters.")
        )
    return reason


def _store(
    actor: Actor,
    workspace: WorkspaceRef,
    found: Sequence[Stored],
    *,
    reason: str,
    at: datetime,
) -> Closing:
    closes_at = at + timedelta(days=settings.CUSTOS_CLOSING_GRACE_DAYS)
    public_id = ids.new_uuid()
    return Closing.objects.create(
        workspace_id=workspace.id,
        public_id=public_id,
        reason=storing.sealed_reason(reason, table="retention_closing", row=public_id),
        state=ClosingState.GRACE,
        requested_at=at,
        requested_by=actor.id,
        closes_at=closes_at,
        due_at=closes_at,
        counted={one.kind: [one.number, one.bytes] for one in found},
    )


def _set_state(
    workspace: WorkspaceRef, state: WorkspaceState, closes_at: datetime | None
) -> None:
    Workspace.objects.filter(pk=workspace.id).update(state=state, closes_at=closes_at)
