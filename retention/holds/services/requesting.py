"""Two persons release a hold: one asks with a reason, another one confirms.

The request changes nothing. The confirmation is the release: under the lock on hold
scopes, with the grace after release, recorded with both persons.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids
from kit.actor import Actor, ActorKind
from kit.refusals import Refused
from retention.holds import authority, locking, requests
from retention.holds.models import Hold, HoldScope, ReleaseRequest, RequestState
from retention.holds.services import releasing, storing, telling
from retention.holds.services.releasing import (
    HoldIsReleased,
    ReasonIsMissing,
    Released,
)
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_REASON = 1000


class SecondPersonIsMissing(Refused):
    """Nobody confirms what they asked for themselves."""


class OnlyPersonsRelease(Refused):
    """A key or a part of Custos is no second person."""


class AlreadyRequested(Refused):
    """One request for the same release waits at a time."""


class RequestIsDecided(Refused):
    """A request is confirmed or withdrawn once."""


def request_release(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    hold: Hold,
    scope: HoldScope | None = None,
    reason: str,
    at: datetime,
) -> ReleaseRequest:
    """Asks for the release of a hold, or of one scope of it."""
    _demand(actor, workspace)
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise ReasonIsMissing(
            _("Say why the hold is released, in at most 1,000 characters.")
        )
    with storing.scope(workspace):
        row = Hold.objects.select_for_update(no_key=True).get(pk=hold.pk)
        is_over = scope.released_at if scope else row.released_at
        if is_over is not None:
            raise HoldIsReleased(_("This is released already."))
        if requests.waiting_for(hold=hold, scope=scope) is not None:
            raise AlreadyRequested(_("This release waits for a second person already."))
        asked = _stored(actor, workspace, hold, scope, reason, at=at)
        _record(actor, workspace, asked, "requested", at=at, reason=reason)
        telling.ask(asked, actor=actor, workspace=workspace, at=at)
        return asked


def confirm_release(
    *, actor: Actor, workspace: WorkspaceRef, asked: ReleaseRequest, at: datetime
) -> Released:
    """Releases what another person asked for."""
    _demand(actor, workspace)
    if asked.requested_by == actor.id:
        raise SecondPersonIsMissing(
            _("You asked for this release; another person has to confirm it.")
        )
    with storing.scope(workspace):
        locking.before_changing()
        _decide(asked, RequestState.CONFIRMED, actor, at=at)
        return releasing.carry_out(
            actor=actor,
            workspace=workspace,
            hold=asked.hold,
            scope_ids=[asked.scope_id] if asked.scope_id else [],
            reason=requests.reason_of(asked=asked),
            requested_by=asked.requested_by,
            at=at,
        )


def withdraw_request(
    *, actor: Actor, workspace: WorkspaceRef, asked: ReleaseRequest, at: datetime
) -> None:
    """Takes a request back, or turns it down; the hold stays as it is."""
    _demand(actor, workspace)
    with storing.scope(workspace):
        _decide(asked, RequestState.WITHDRAWN, actor, at=at)
        _record(actor, workspace, asked, "withdrawn", at=at)


def _demand(actor: Actor, workspace: WorkspaceRef) -> None:
    authority.demand_holds(actor, workspace=workspace)
    if actor.kind is not ActorKind.USER:
        raise OnlyPersonsRelease(_("Two persons release a hold in the portal."))


def _decide(
    asked: ReleaseRequest, state: RequestState, actor: Actor, *, at: datetime
) -> None:
    changed = ReleaseRequest.objects.filter(
        pk=asked.pk, state=RequestState.WAITING
    ).update(state=state, decided_at=at, decided_by=actor.id)
    if not changed:
        raise RequestIsDecided(_("This request is decided already."))


def _stored(
    actor: Actor,
    workspace: WorkspaceRef,
    hold: Hold,
    scope: HoldScope | None,
    reason: str,
    *,
    at: datetime,
) -> ReleaseRequest:
    public_id = ids.new_uuid()
    return ReleaseRequest.objects.create(
        workspace_id=workspace.id,
        public_id=public_id,
        hold=hold,
        scope=scope,
        reason=storing.sealed_reason(
            reason, table="retention_releaserequest", row=public_id
        ),
        state=RequestState.WAITING,
        requested_at=at,
        requested_by=actor.id,
    )


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    asked: ReleaseRequest,
    act: str,
    *,
    at: datetime,
    reason: str = "",
) -> None:
    record(
        actor=actor,
        action=f"retention.hold-release.{act}",
        target=Target(kind="hold", id=asked.hold.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        details={
            "request": str(asked.public_id),
            "scope": str(asked.scope.public_id) if asked.scope else None,
        },
        reason=reason,
    )
