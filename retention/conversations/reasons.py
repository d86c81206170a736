"""Answers why a conversation is kept, hidden or due: rules, holds, dates, ways out.

State, due and held come from the engine's own conditions; the dates come from the
same rules that make its cut-offs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from retention.eligibility import conditions, rules, scopes
from retention.eligibility.rules import Version
from retention.holds import selectors as holds
from retention.holds.models import Hold
from retention.policies import selectors as policies
from retention.policies.models import Policy
from retention.policies.rules import governs
from workspaces.content.models import Conversation
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef


class WayOut(StrEnum):
    """What would change the outcome."""

    RESTORE = "restore"
    LENGTHEN_POLICY = "lengthen policy"
    PLACE_HOLD = "place hold"
    RELEASE_HOLD = "release hold"
    NEW_ACTIVITY = "new activity"


@dataclass(frozen=True, kw_only=True)
class Dates:
    """What happens to one conversation when, holds left aside and if nothing is set.

    `expires_at` is when the policy hides it, `undo_ends_at` until when its deletion
    can be undone, `purge_at` when a sweep may take it: whichever cause is first.
    """

    expires_at: datetime | None
    undo_ends_at: datetime | None
    purge_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Why:
    """Everything that decides about one conversation at one moment; dates as `Dates`.

    `considered` are the versions of the governing scope, newest first; `winner` is
    the one in force, None where the plan's own rule decides.
    """

    state: str
    is_due: bool
    is_held: bool
    is_past_policy: bool
    considered: list[Policy]
    winner: Policy | None
    holds: list[Hold]
    expires_at: datetime | None
    undo_ends_at: datetime | None
    purge_at: datetime | None
    ways_out: tuple[WayOut, ...]


_FACTS = f"""
with {conditions.CUTOFFS}
select {conditions.STATE}, {conditions.DUE}, {conditions.HELD}
from b cross join unnest(%(ids)s::bigint[]) i(id) {conditions.OF_IDS}
"""  # noqa: S608 -- constants


def why(*, workspace: WorkspaceRef, conversation: Conversation, at: datetime) -> Why:
    """The engine's decision about one stored conversation, with its reasons."""
    state, is_due, is_held = _facts(workspace, conversation, at=at)
    considered = considered_for(workspace=workspace, owner_id=conversation.owner_id)
    versions = policies.as_versions(considered, at=at)
    current = rules.in_force(versions, at=at)
    winner = next(
        (p for p in considered if current and p.version == current.number), None
    )
    dates = dates_of(
        workspace=workspace, conversation=conversation, versions=versions, at=at
    )
    return Why(
        state=state,
        is_due=is_due,
        is_held=is_held,
        is_past_policy=dates.expires_at is not None and dates.expires_at <= at,
        considered=considered,
        winner=winner,
        holds=holds.holds_over(conversation=conversation),
        expires_at=dates.expires_at,
        undo_ends_at=dates.undo_ends_at,
        purge_at=dates.purge_at,
        ways_out=_ways_out(state, is_due=is_due, is_held=is_held),
    )


def dates_of(
    *,
    workspace: WorkspaceRef,
    conversation: Conversation,
    versions: Sequence[Version],
    at: datetime,
) -> Dates:
    """The dates of one conversation under the versions of its scope."""
    cutoffs = rules.cutoffs(versions, at=at, promises=plans.of(workspace.plan))
    undo = at - cutoffs.deleted_before
    deleted_at = conversation.deleted_at
    expires_at, policy_purge_at = _policy_dates(workspace, conversation, versions, at)
    undo_ends_at = None if deleted_at is None else deleted_at + undo
    causes = [moment for moment in (undo_ends_at, policy_purge_at) if moment]
    return Dates(
        expires_at=expires_at,
        undo_ends_at=undo_ends_at,
        purge_at=min(causes, default=None),
    )


def considered_for(*, workspace: WorkspaceRef, owner_id: int) -> list[Policy]:
    """The versions that govern what this member owns: their own, or the workspace's."""
    setter = plans.of(workspace.plan).retention_setter
    if governs(setter, is_own=True):
        return policies.versions_of(workspace=workspace, scope=scopes.member(owner_id))
    if governs(setter, is_own=False):
        return policies.versions_of(workspace=workspace)
    return []


def _facts(
    workspace: WorkspaceRef, conversation: Conversation, *, at: datetime
) -> tuple[str, bool, bool]:
    cutoffs = policies.cutoffs_at(workspace_ids=[workspace.id], at=at)
    parameters: dict[str, Any] = conditions.parameters(cutoffs, at=at)
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, parameters | {"ids": [conversation.pk]})
        state, is_due, is_held = cursor.fetchone()
    return state, is_due, is_held


def _policy_dates(
    workspace: WorkspaceRef,
    conversation: Conversation,
    versions: Sequence[Version],
    at: datetime,
) -> tuple[datetime | None, datetime | None]:
    promises = plans.of(workspace.plan)
    if conversation.is_temporary or promises.fixed_retention_days is not None:
        days = promises.fixed_retention_days or promises.history_off_days
        ends_at = conversation.created_at + timedelta(days=days)
        return ends_at, ends_at
    clock = conversation.last_activity_at
    return (
        rules.expires_at(versions, clock=clock, at=at),
        rules.purge_at(versions, clock=clock, at=at),
    )


def _ways_out(state: str, *, is_due: bool, is_held: bool) -> tuple[WayOut, ...]:
    ways = [WayOut.RELEASE_HOLD if is_held else WayOut.PLACE_HOLD]
    if state == "deleted" and not is_due:
        ways.append(WayOut.RESTORE)
    if state == "expired":
        ways.append(WayOut.LENGTHEN_POLICY)
    if state == "live":
        ways += [WayOut.LENGTHEN_POLICY, WayOut.NEW_ACTIVITY]
    return tuple(ways)
