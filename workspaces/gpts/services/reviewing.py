"""Asks for, withdraws and decides reviews of what shall be shown to the public.

What is approved is one version, by somebody who has no part in it. Until then, and
for every later version, what the public gets stays what was approved before.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit import ids
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.gpts import authority, recordings, rules, selectors, telling
from workspaces.gpts.levels import PUBLIC, rank
from workspaces.gpts.models import Gpt, GptReview, ReviewState
from workspaces.gpts.services import making, publishing
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

LONGEST_REASON = 1_000
_DECISIONS = {
    ReviewState.APPROVED: "workspaces.gpt-review.approved",
    ReviewState.SENT_BACK: "workspaces.gpt-review.sent-back",
    ReviewState.REJECTED: "workspaces.gpt-review.rejected",
}


class ReviewIsOver(Refused):
    """The request was decided or withdrawn already."""


class AlreadyAsked(Refused):
    """This version waits for its review already, or was rejected."""


class OwnWork(Refused):
    """Nobody reviews what they made, own or asked for."""

    status = 403


class ReasonIsMissing(Refused):
    """Whoever does not approve says why."""

    status = 422


def ask(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    gpt: Gpt,
    wanted: str,
    at: datetime,
) -> GptReview:
    """Put the newest version into the queue; the caller has decided that they may."""
    _demand_askable(gpt, wanted)
    row = GptReview.objects.create(
        workspace_id=workspace.id,
        gpt_id=gpt.pk,
        public_id=ids.new_uuid(),
        number=gpt.latest_number,
        wanted=wanted,
        requester_id=member.pk,
        requested_at=at,
    )
    _record(actor, "workspaces.gpt-review.requested", row, gpt, workspace, at=at)
    return row


def withdraw(*, actor: Actor, workspace: WorkspaceRef, gpt: UUID, at: datetime) -> None:
    """Take the waiting request back."""
    with authority.scope(workspace):
        member = authority.member_of(actor)
        row = making.locked(gpt)
        authority.demand_owner(member, row)
        if not drop_waiting(actor=actor, workspace=workspace, gpt=row, at=at):
            raise ReviewIsOver(_("No version of this GPT waits for a review."))


def drop_waiting(
    *, actor: Actor, workspace: WorkspaceRef, gpt: Gpt, at: datetime
) -> bool:
    """Withdraw what waits, if anything; the GPT is locked."""
    row = GptReview.objects.filter(gpt_id=gpt.pk, state=ReviewState.WAITING).first()
    if row is None:
        return False
    row.state, row.decided_at = ReviewState.WITHDRAWN, at
    row.save(update_fields=["state", "decided_at"])
    _record(actor, "workspaces.gpt-review.withdrawn", row, gpt, workspace, at=at)
    return True


def decide(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    review: UUID,
    state: ReviewState,
    reason: str = "",
    at: datetime,
) -> GptReview:
    """Approve, send back or reject a waiting request."""
    actor.require(Permission.GPTS_REVIEW)
    text = _demanded_reason(state, reason)
    with authority.scope(workspace):
        member = authority.member_of(actor)
        row = selectors.review(review=review)
        gpt = making.locked(selectors.by_key(ids=[row.gpt_id])[row.gpt_id].public_id)
        row.refresh_from_db()
        if row.state != ReviewState.WAITING:
            raise ReviewIsOver(_("This request was decided or withdrawn already."))
        _demand_no_part(member, row, gpt)
        if state is ReviewState.APPROVED:
            _demand_still_allowed(gpt, row)
        row.state, row.decided_at = state, at
        row.reviewer_id = member.pk
        if text:
            row.reason = selectors.seals_of(gpt).reason(row.public_id, text)
        row.save(update_fields=["state", "decided_at", "reviewer", "reason"])
        _record(actor, _DECISIONS[state], row, gpt, workspace, at=at)
        if state is ReviewState.APPROVED:
            publishing.move(
                actor=actor,
                workspace=workspace,
                gpt=gpt,
                to=row.wanted,
                public_number=row.number,
                action="workspaces.gpt.published",
                at=at,
            )
        telling.decided(actor=actor, workspace=workspace, gpt=gpt, review=row, at=at)
        return row


def _demand_askable(gpt: Gpt, wanted: str) -> None:
    states = list(
        GptReview.objects.filter(gpt_id=gpt.pk, number=gpt.latest_number).values_list(
            "state", flat=True
        )
    )
    waiting = GptReview.objects.filter(gpt_id=gpt.pk, state=ReviewState.WAITING)
    if waiting.exists():
        raise AlreadyAsked(_("A version of this GPT waits for its review already."))
    if not rules.may_ask_again(states):
        raise AlreadyAsked(
            _("This version was rejected. Save a new version and ask for that.")
        )
    if gpt.public_number == gpt.latest_number and rank(wanted) <= rank(gpt.visibility):
        raise AlreadyAsked(_("This version is approved and public already."))


def _demand_no_part(member: Membership, row: GptReview, gpt: Gpt) -> None:
    version = selectors.version_of(gpt=gpt, number=row.number)
    if not rules.may_review(
        reviewer_id=member.pk,
        requester_id=row.requester_id,
        owner_id=gpt.owner_id,
        author_id=version.author_id,
    ):
        raise OwnWork(_("Nobody reviews what they made, own or asked for themselves."))


def _demand_still_allowed(gpt: Gpt, row: GptReview) -> None:
    """The switch or the owner's ceiling may have come down since it was asked."""
    owner = selectors.owner_of(gpt=gpt)
    ceiling = selectors.ceiling_of(member=owner)
    if row.wanted in PUBLIC and rank(row.wanted) > rank(ceiling):
        raise authority.NotAllowed(
            _("Its owner may no longer share so far: send the request back.")
        )


def _demanded_reason(state: ReviewState, reason: str) -> str:
    text = reason.strip()[:LONGEST_REASON]
    if state not in _DECISIONS:
        raise ReviewIsOver(_("A request is approved, sent back or rejected."))
    if not text and state is not ReviewState.APPROVED:
        raise ReasonIsMissing(_("Say why, so that the owner knows what to change."))
    return text


def _record(
    actor: Actor,
    action: str,
    row: GptReview,
    gpt: Gpt,
    workspace: WorkspaceRef,
    *,
    at: datetime,
) -> None:
    recordings.record(
        actor=actor,
        action=action,
        workspace=workspace,
        target=gpt.public_id,
        at=at,
        counts={"version": row.number},
        details={"review": str(row.public_id), "wanted": row.wanted},
    )
