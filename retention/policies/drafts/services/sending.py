"""Sends a draft on its way: at once, after the grace period, or to a second person."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority
from retention.policies import bounds, selectors
from retention.policies import services as policies
from retention.policies.drafts import planning
from retention.policies.drafts import selectors as drafts
from retention.policies.drafts.models import (
    UNDER_WAY,
    DraftState,
    PolicyDraft,
    StepKind,
)
from retention.policies.drafts.services import forcing, steps, telling, writing
from retention.policies.drafts.services.writing import Values
from retention.policies.listing import services as listing
from retention.policies.listing.models import PurgeList
from retention.policies.models import columns_of
from workspaces.tenancy.selectors import WorkspaceRef


class NotADraft(Refused):
    """What was sent already is not sent again."""


class AnotherIsUnderWay(Refused):
    """Of each scope one draft waits at a time."""


class NothingToCancel(Refused):
    """A draft that is over cannot be cancelled."""


def apply(
    *, actor: Actor, workspace: WorkspaceRef, values: Values, at: datetime
) -> PolicyDraft:
    """Writes a draft and sends it, in one step."""
    with steps.turn(workspace):
        made = writing.draft(actor=actor, workspace=workspace, values=values, at=at)
        return send(actor=actor, workspace=workspace, draft=made.public_id, at=at)


def send(
    *, actor: Actor, workspace: WorkspaceRef, draft: UUID, at: datetime
) -> PolicyDraft:
    """Sends a draft: its preview is counted afresh, and then it waits or takes force.

    Above the threshold a shortening waits for another person; below it for the grace
    period; a lengthening for nothing.
    """
    policies.demand_settable(actor=actor, workspace=workspace)
    with steps.turn(workspace):
        found = steps.locked(draft=draft)
        writing.demand_open(found)
        if found.is_bounds:
            bounds.demand_settable(actor=actor, workspace=workspace)
        if found.state != DraftState.DRAFT:
            raise NotADraft(_("This draft was sent already."))
        _demand_no_other(found)
        writing.look(found, workspace=workspace, at=at)
        writing.demand_change(found, workspace=workspace, at=at)
        if drafts.asks_second_person(workspace=workspace, draft=found):
            # Who counts is settled now: nobody is made an approver of this afterwards.
            asked = drafts.may_approve(workspace=workspace, draft=found)
            found.state = DraftState.AWAITING
            found.save()
            # Before the step: whether this revision was sent before is read from them.
            telling.ask(found, asked, actor=actor, workspace=workspace, at=at)
            steps.note(
                found,
                StepKind.SENT,
                actor=actor,
                workspace=workspace,
                asked=[str(person.public_id) for person in asked],
                at=at,
            )
            return found
        return schedule(found, actor=actor, workspace=workspace, at=at)


def schedule(
    draft: PolicyDraft, *, actor: Actor, workspace: WorkspaceRef, at: datetime
) -> PolicyDraft:
    """Gives a draft its time; what need not wait takes force now."""
    waits = drafts.shortens(draft, workspace=workspace, at=at)
    grace = selectors.grace_of(workspace=workspace)
    draft.state = DraftState.SCHEDULED
    draft.due_at = at + grace if waits else at
    draft.save()
    kept = _list_of(draft, workspace=workspace, at=at) if waits else None
    if draft.due_at > at:
        steps.note(
            draft,
            StepKind.SCHEDULED,
            actor=actor,
            workspace=workspace,
            kept=kept,
            at=at,
        )
        return draft
    return forcing.force(draft, actor=actor, workspace=workspace, kept=kept, at=at)


def _list_of(draft: PolicyDraft, *, workspace: WorkspaceRef, at: datetime) -> PurgeList:
    """What its first sweep will purge, item by item, as of its own time."""
    grace = selectors.grace_of(workspace=workspace)
    made = planning.planned(draft, workspace=workspace, grace=grace, at=at)
    return listing.keep(draft, made, workspace=workspace, at=at)


def cancel(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    draft: UUID,
    reason: str = "",
    at: datetime,
) -> PolicyDraft:
    """Ends a draft before it takes force; nothing was lost."""
    authority.demand(actor, Permission.POLICIES_MANAGE, workspace=workspace)
    with steps.turn(workspace):
        found = steps.locked(draft=draft)
        if found.ended_at is not None:
            raise NothingToCancel(
                _("This draft is over; a policy in force is changed by a new one.")
            )
        found.state, found.due_at, found.ended_at = DraftState.CANCELLED, None, at
        found.save()
        steps.note(
            found,
            StepKind.CANCELLED,
            actor=actor,
            workspace=workspace,
            reason=reason,
            at=at,
        )
        return found


def _demand_no_other(draft: PolicyDraft) -> None:
    others = PolicyDraft.objects.filter(
        state__in=UNDER_WAY,
        content_kind=draft.content_kind,
        is_bounds=draft.is_bounds,
        **columns_of(draft.scope),
    )
    if others.exists():
        raise AnotherIsUnderWay(
            _("Another draft of this policy is under way. Cancel it first.")
        )
