"""Writes drafts down and changes them; each change voids what was approved before."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.refusals import Refused
from retention.policies import bounds as bounding
from retention.policies import previews, selectors
from retention.policies import services as policies
from retention.policies.drafts import planning, snapshots
from retention.policies.drafts import selectors as drafts
from retention.policies.drafts.models import DraftState, PolicyDraft, StepKind
from retention.policies.drafts.services import steps
from retention.policies.models import CONVERSATIONS, WORKSPACE, Scope, columns_of
from retention.policies.rules import UNBOUNDED, Bounds
from workspaces.tenancy.selectors import WorkspaceRef

LONGEST_REASON = 1_000


class DraftIsOver(Refused):
    """A draft that took force or was cancelled is changed no more."""


class ReasonIsTooLong(Refused):
    """A reason has a limit."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Values:
    """What a draft proposes; `days` None keeps for ever.

    A withdrawal leaves the scope to the next wider policy. With `bounds` it is a floor
    and a ceiling for the workspace, and `days` and `undo_days` say nothing.
    """

    scope: Scope = WORKSPACE
    content_kind: str = CONVERSATIONS
    days: int | None
    undo_days: int
    is_withdrawal: bool = False
    bounds: Bounds | None = None
    reason: str = ""

    @classmethod
    def of_bounds(
        cls, bounds: Bounds, *, content_kind: str = CONVERSATIONS, reason: str = ""
    ) -> "Values":
        """A floor and a ceiling."""
        return cls(
            content_kind=content_kind,
            days=None,
            undo_days=0,
            bounds=bounds,
            reason=reason,
        )


def draft(
    *, actor: Actor, workspace: WorkspaceRef, values: Values, at: datetime
) -> PolicyDraft:
    """Writes a draft with its preview; nothing is set and nothing waits for a time."""
    _demand_values(actor, workspace, values)
    with steps.turn(workspace):
        policies.demand_scope(values.scope, content_kind=values.content_kind)
        made = PolicyDraft(
            workspace_id=workspace.id,
            author=actor.id,
            drafted_at=at,
        )
        write(made, values, by=actor.id, workspace=workspace, at=at)
        made.save(force_insert=True)
        steps.note(
            made,
            StepKind.DRAFTED,
            actor=actor,
            workspace=workspace,
            reason=values.reason,
            changes={n: (None, v) for n, v in _proposed(made).items()},
            at=at,
        )
        return made


def change(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    draft: UUID,
    values: Values,
    at: datetime,
) -> PolicyDraft:
    """Proposes other values: a draft that was sent or scheduled begins anew."""
    _demand_values(actor, workspace, values)
    with steps.turn(workspace):
        found = steps.locked(draft=draft)
        demand_open(found)
        if found.is_bounds:
            bounding.demand_settable(actor=actor, workspace=workspace)
        policies.demand_scope(values.scope, content_kind=values.content_kind)
        before = _proposed(found)
        found.revision += 1
        found.state, found.due_at = DraftState.DRAFT, None
        write(found, values, by=actor.id, workspace=workspace, at=at)
        found.save()
        after = _proposed(found)
        steps.note(
            found,
            StepKind.CHANGED,
            actor=actor,
            workspace=workspace,
            reason=values.reason,
            changes={n: (before[n], after[n]) for n in after if before[n] != after[n]},
            at=at,
        )
        return found


def write(
    draft: PolicyDraft,
    values: Values,
    *,
    by: str,
    workspace: WorkspaceRef,
    at: datetime,
) -> None:
    """Puts values into the row, with what they would do now."""
    for name, value in columns_of(values.scope).items():
        setattr(draft, name, value)
    draft.content_kind = values.content_kind
    draft.days, draft.undo_days = values.days, values.undo_days
    draft.is_withdrawal = values.is_withdrawal
    limits = values.bounds or UNBOUNDED
    draft.is_bounds = values.bounds is not None
    draft.floor_days, draft.ceiling_days = limits.floor_days, limits.ceiling_days
    draft.reason = values.reason.strip()
    draft.edited_by, draft.edited_at = by, at
    look(draft, workspace=workspace, at=at)


def look(draft: PolicyDraft, *, workspace: WorkspaceRef, at: datetime) -> None:
    """Counts afresh what the draft would do, against the versions of now."""
    draft.base_version = planning.newest_version(draft, workspace=workspace)
    grace = selectors.grace_of(workspace=workspace)
    planned = planning.planned(draft, workspace=workspace, grace=grace, at=at)
    draft.undo_days = planned.version.undo_days
    found = previews.preview_of(planned, workspace=workspace, at=at)
    draft.preview, draft.previewed_at = snapshots.snapshot(found), at


def demand_change(draft: PolicyDraft, *, workspace: WorkspaceRef, at: datetime) -> None:
    """Refuses a draft that proposes what counts already."""
    if draft.bounds is not None:
        before = selectors.bounds(content_kind=draft.content_kind)
        bounding.demand_change(before, draft.bounds)
        return
    policies.demand_change(
        drafts.standing(draft, workspace=workspace, at=at),
        draft.scope,
        days=draft.days,
        undo_days=draft.undo_days,
        is_withdrawal=draft.is_withdrawal,
    )


def demand_open(draft: PolicyDraft) -> None:
    """Refuses a draft that took force or was cancelled."""
    if draft.ended_at is not None:
        raise DraftIsOver(_("This draft is over. Write a new one."))


def _demand_values(actor: Actor, workspace: WorkspaceRef, values: Values) -> None:
    if values.bounds is not None:
        bounding.demand_settable(actor=actor, workspace=workspace)
        bounding.demand_possible(values.bounds)
    else:
        policies.demand_settable(actor=actor, workspace=workspace, scope=values.scope)
        policies.demand_bounds(
            days=values.days,
            undo_days=values.undo_days,
            content_kind=values.content_kind,
        )
    if len(values.reason) > LONGEST_REASON:
        raise ReasonIsTooLong(
            _("The reason may have %s characters.") % f"{LONGEST_REASON:,}"
        )


def _proposed(draft: PolicyDraft) -> dict[str, int | str | None]:
    return {
        "scope": f"{draft.scope.kind} {draft.scope.id or ''}".strip(),
        "kind": draft.content_kind,
        "days": draft.days,
        "undo_days": draft.undo_days,
        "withdrawn": draft.is_withdrawal,
        "floor_days": draft.floor_days,
        "ceiling_days": draft.ceiling_days,
        "reason": draft.reason,
    }
