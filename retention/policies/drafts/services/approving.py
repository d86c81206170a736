"""Lets another person approve or decline a draft that was sent."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit.actor import Actor, ActorKind
from kit.refusals import Refused
from retention.policies import services as policies
from retention.policies.drafts import selectors
from retention.policies.drafts.digests import digest
from retention.policies.drafts.models import DraftState, PolicyDraft, StepKind
from retention.policies.drafts.services import forcing, sending, steps
from workspaces.tenancy.selectors import WorkspaceRef


class ApprovalIsMissing(Refused):
    """The draft was not sent for approval, or is over."""


class AuthorCannotApprove(Refused):
    """Two people agree; whoever wrote or changed a draft is the first."""


class WasNotAsked(Refused):
    """Who counts is settled when a draft is sent: nobody is made an approver of it."""


class DraftHasChanged(Refused):
    """The draft is not the one that the person saw."""


def approve(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    draft: UUID,
    seen: str,
    at: datetime,
) -> PolicyDraft:
    """Agrees to exactly the draft whose digest (hex) the person saw."""
    with steps.turn(workspace):
        found = _awaiting(actor, workspace, draft)
        if not selectors.was_asked(draft=found, person=actor.id):
            raise WasNotAsked(
                _(
                    "You could not approve yet when this draft was sent. Decline it,"
                    " and whoever wrote it can send it again, to you as well."
                )
            )
        if seen != digest(found).hex():
            raise DraftHasChanged(
                _("The draft was changed since you opened it. Look at it again.")
            )
        if forcing.is_overtaken(found, workspace=workspace):
            raise DraftHasChanged(
                _(
                    "The policy was set otherwise since this draft was sent, so its"
                    " preview holds no longer. It has to be sent again."
                )
            )
        if selectors.lets_more_go_than_agreed(workspace=workspace, draft=found):
            raise DraftHasChanged(str(forcing.LETS_MORE_GO))
        steps.note(found, StepKind.APPROVED, actor=actor, workspace=workspace, at=at)
        return sending.schedule(found, actor=actor, workspace=workspace, at=at)


def decline(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    draft: UUID,
    reason: str,
    at: datetime,
) -> PolicyDraft:
    """Sends a draft back to its author, who may change it and send it again."""
    with steps.turn(workspace):
        found = _awaiting(actor, workspace, draft)
        found.state = DraftState.DRAFT
        found.save()
        steps.note(
            found,
            StepKind.DECLINED,
            actor=actor,
            workspace=workspace,
            reason=reason,
            at=at,
        )
        return found


def _awaiting(actor: Actor, workspace: WorkspaceRef, draft: UUID) -> PolicyDraft:
    policies.demand_settable(actor=actor, workspace=workspace)
    found = steps.locked(draft=draft)
    if found.state != DraftState.AWAITING:
        raise ApprovalIsMissing(_("This draft waits for nobody's approval."))
    if actor.kind is not ActorKind.USER or selectors.is_by_author(
        found, person=actor.id
    ):
        raise AuthorCannotApprove(
            _("Another person has to agree: you wrote or changed this draft yourself.")
        )
    return found
