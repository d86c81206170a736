"""Puts drafts in force when their time has come, or sends them back with the reason."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from kit.refusals import Refused
from retention.policies import bounds
from retention.policies import services as policies
from retention.policies.drafts import planning, snapshots
from retention.policies.drafts import selectors as drafts
from retention.policies.drafts.models import DraftState, PolicyDraft, StepKind
from retention.policies.drafts.selectors import Due
from retention.policies.drafts.services import steps
from retention.policies.listing.models import PurgeList
from workspaces.tenancy import selectors as tenancy
from workspaces.tenancy.selectors import WorkspaceRef

CLERK = Actor.system("policies")
LETS_MORE_GO = _lazy(
    "By now it lets more go than its preview said: policies, bounds, groups or what is"
    " stored changed since. It has to be sent again."
)


def force_due(*, at: datetime) -> int:
    """Puts in force every draft whose time has come; returns how many took it."""
    due = drafts.due(at=at)
    return one_by_one(due, lambda one: _force_one(one, at=at), what="draft")


def force(
    draft: PolicyDraft,
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    kept: PurgeList | None = None,
    at: datetime,
) -> PolicyDraft:
    """Makes the draft a version of the policy, or of the bounds, in this turn."""
    draft.version = _version(draft, actor=actor, workspace=workspace, at=at)
    draft.state, draft.ended_at = DraftState.IN_FORCE, at
    draft.due_at = draft.due_at or at
    draft.save()
    steps.note(
        draft, StepKind.IN_FORCE, actor=actor, workspace=workspace, kept=kept, at=at
    )
    return draft


def _version(
    draft: PolicyDraft, *, actor: Actor, workspace: WorkspaceRef, at: datetime
) -> int:
    served = policies.Served(
        set_by=draft.author,
        announced=snapshots.weeks(draft.preview),
        is_agreed=bool(drafts.approvers(workspace=workspace, draft=draft)),
    )
    if draft.is_bounds:
        return bounds.set_bounds(
            actor=actor,
            workspace=workspace,
            content_kind=draft.content_kind,
            floor_days=draft.floor_days,
            ceiling_days=draft.ceiling_days,
            served=served,
            reason=draft.reason,
            at=at,
        ).version
    return policies.set_policy(
        actor=actor,
        workspace=workspace,
        scope=draft.scope,
        content_kind=draft.content_kind,
        days=draft.days,
        undo_days=draft.undo_days,
        is_withdrawal=draft.is_withdrawal,
        served=served,
        reason=draft.reason,
        at=at,
    ).version


def is_overtaken(draft: PolicyDraft, *, workspace: WorkspaceRef) -> bool:
    """Whether what it changes got another version since the draft was compared."""
    return planning.newest_version(draft, workspace=workspace) != draft.base_version


def _force_one(due: Due, *, at: datetime) -> bool:
    with scoping.organization(organization_id=due.organization_id):
        workspace = tenancy.workspace_in_scope(workspace_id=due.workspace_id)
        with steps.turn(workspace):
            draft = steps.locked(draft=due.public_id)
            if draft.state != DraftState.SCHEDULED or draft.due_at is None:
                return False
            if draft.due_at > at:
                return False
            obstacle = _obstacle(draft, workspace, at=at)
            if not obstacle:
                obstacle = _forced(draft, workspace, at=at)
            if obstacle:
                _send_back(draft, workspace, obstacle, at=at)
            return not obstacle


def _forced(draft: PolicyDraft, workspace: WorkspaceRef, *, at: datetime) -> str:
    """Puts it in force; the sentence of a refusal, which holds up no other draft."""
    try:
        force(draft, actor=CLERK, workspace=workspace, at=at)
    except Refused as refusal:
        return str(refusal)
    return ""


def _obstacle(draft: PolicyDraft, workspace: WorkspaceRef, *, at: datetime) -> str:
    """Why a draft may not take force after all; nothing where it may."""
    try:
        policies.demand_scope(draft.scope, content_kind=draft.content_kind)
    except policies.UnknownScope:
        return _("What it was meant for is gone.")
    if is_overtaken(draft, workspace=workspace):
        return _("The policy was set otherwise meanwhile.")
    if drafts.approvers(workspace=workspace, draft=draft):
        # An approval is for what the preview showed, and for no more.
        if drafts.lets_more_go_than_agreed(workspace=workspace, draft=draft):
            return str(LETS_MORE_GO)
        return ""
    if drafts.asks_second_person(workspace=workspace, draft=draft):
        return _(
            "No approval counts: whoever gave it may not set policies any more, or the"
            " draft is not the one that was approved."
        )
    if drafts.would_ask_second_person(workspace=workspace, draft=draft, at=at):
        return _(
            "By now it lets more go than one person may decide: send it again, and"
            " another person is asked."
        )
    return ""


def _send_back(
    draft: PolicyDraft, workspace: WorkspaceRef, obstacle: str, *, at: datetime
) -> None:
    draft.state, draft.due_at = DraftState.DRAFT, None
    draft.save()
    steps.note(
        draft,
        StepKind.RETURNED,
        actor=CLERK,
        workspace=workspace,
        reason=obstacle,
        at=at,
    )
