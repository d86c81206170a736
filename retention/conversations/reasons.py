"""Answers why a conversation is kept, hidden or due: rules, holds, dates, ways out.

State, due and held come from the engine's own conditions; the dates come from the
same rules that make its cut-offs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise

from retention.conversations import standing
from retention.conversations.selectors import UnknownConversation
from retention.eligibility import precedence, rules
from retention.eligibility.precedence import Chain
from retention.eligibility.scopes import CONVERSATIONS, TEMPORARY_CHATS, WORKSPACE
from retention.holds import selectors as holds
from retention.holds.models import Hold
from retention.policies import governing
from retention.policies import selectors as policies
from retention.policies.governing import Chains
from retention.policies.models import Policy, PolicyBounds
from workspaces.content.models import Conversation
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import WorkspaceRef

BY_PROGRAM = "compliance"
BY_CLOSING = "closing"
FOR_GOOD = frozenset({BY_PROGRAM, BY_CLOSING})
"""What `deleted_by` says of what nobody brings back."""


class WayOut(StrEnum):
    """What would change the outcome."""

    RESTORE = "restore"
    LENGTHEN_POLICY = "lengthen policy"
    PLACE_HOLD = "place hold"
    RELEASE_HOLD = "release hold"
    NEW_ACTIVITY = "new activity"
    DELETE = "delete"


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
class Whole:
    """What an object hangs on: its purge takes the object along."""

    kind: str
    label: str | Promise
    public_id: UUID


@dataclass(frozen=True, kw_only=True)
class Why:
    """Everything that decides about one conversation at one moment; dates as `Dates`.

    `considered` are the versions of every scope that may govern it, the narrowest
    scope first and its newest version first; `winner` is the one that decides, None
    where the plan's own rule does. `kept_days` is what it comes to inside `bounds`, the
    floor and ceiling in force; None keeps for ever. `ages_by_message` is false for what
    no message makes younger. `deleted_by` says whose act hid it, empty if nobody's.
    `goes_with` is the whole that takes it along, where that decides.
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
    kept_days: int | None
    bounds: PolicyBounds | None
    deleted_by: str
    ages_by_message: bool = True
    goes_with: Whole | None = None


def why(*, workspace: WorkspaceRef, conversation: Conversation, at: datetime) -> Why:
    """The engine's decision about one stored conversation, with its reasons.

    UnknownConversation where a sweep took it since it was read.
    """
    stands = standing.of_conversations(
        workspace=workspace, ids=[conversation.pk], at=at
    ).get(conversation.pk)
    if stands is None:
        raise UnknownConversation(conversation.public_id)
    chains = governing.chains(
        workspace_id=workspace.id, owner_ids=[conversation.owner_id], at=at
    )
    found = considered(
        workspace=workspace,
        chains=chains,
        content_kind=_kind_of(conversation),
        owner_id=conversation.owner_id,
        project_id=conversation.project_id,
        at=at,
    )
    dates = dates_of(
        workspace=workspace, conversation=conversation, chains=chains, at=at
    )
    is_fixed = plans.of(workspace.plan).fixed_retention_days is not None
    by_message = not is_fixed and not conversation.is_temporary
    return Why(
        state=stands.state,
        is_due=stands.is_due,
        is_held=stands.is_held,
        is_past_policy=dates.expires_at is not None and dates.expires_at <= at,
        considered=found.versions,
        winner=found.winner,
        kept_days=found.kept_days,
        bounds=found.bounds,
        deleted_by=conversation.deleted_by or "",
        ages_by_message=by_message,
        holds=holds.holds_over(conversation=conversation),
        expires_at=dates.expires_at,
        undo_ends_at=dates.undo_ends_at,
        purge_at=dates.purge_at,
        ways_out=ways_out(
            stands.state,
            is_due=stands.is_due,
            is_held=stands.is_held,
            has_policy=not is_fixed,
            by_message=by_message,
            deleted_by=conversation.deleted_by or "",
        ),
    )


def dates_of(
    *, workspace: WorkspaceRef, conversation: Conversation, chains: Chains, at: datetime
) -> Dates:
    """The dates of one conversation under whatever governs it."""
    undo = timedelta(days=plans.of(workspace.plan).default_undo_days)
    deleted_at = conversation.deleted_at
    expires_at, policy_purge_at = _policy_dates(workspace, conversation, chains, at)
    undo_ends_at = None if deleted_at is None else deleted_at + undo
    causes = [moment for moment in (undo_ends_at, policy_purge_at) if moment]
    return Dates(
        expires_at=expires_at,
        undo_ends_at=undo_ends_at,
        purge_at=min(causes, default=None),
    )


@dataclass(frozen=True, kw_only=True)
class Considered:
    """The versions that may govern an item, the winner, and what it comes to."""

    versions: list[Policy]
    winner: Policy | None
    kept_days: int | None
    bounds: PolicyBounds | None


def considered(
    *,
    workspace: WorkspaceRef,
    chains: Chains,
    content_kind: str,
    owner_id: int,
    project_id: int | None,
    at: datetime,
) -> Considered:
    """The versions of every scope that may govern it, narrowest first; the winner."""
    chain = chains.of(
        content_kind=content_kind, owner_id=owner_id, project_id=project_id
    )
    label = chain.at(at).label
    found: list[Policy] = []
    winner, governing_scope = None, WORKSPACE
    for scope in chains.scopes_of(owner_id=owner_id, project_id=project_id):
        versions = policies.counting_versions(
            workspace=workspace, scope=scope, content_kind=content_kind
        )
        found += versions
        current = rules.in_force(policies.as_versions(versions, at=at), at=at)
        if current is None or current.is_withdrawal or winner is not None:
            continue
        if governing.label_of(scope, current) == label:
            winner = next(p for p in versions if p.version == current.number)
            governing_scope = scope
    pieces = chains.known.of(workspace.id, content_kind, governing_scope)
    effective = rules.in_force(pieces, at=at)
    fixed = plans.of(workspace.plan).fixed_retention_days
    return Considered(
        versions=found,
        winner=winner,
        kept_days=fixed or (effective.days if effective else None),
        bounds=_bounds(workspace, content_kind, at=at),
    )


def _bounds(
    workspace: WorkspaceRef, content_kind: str, *, at: datetime
) -> PolicyBounds | None:
    """The floor and ceiling in force, where owners and admins set policies."""
    if plans.of(workspace.plan).retention_setter is not RetentionSetter.ADMINS:
        return None
    rows = PolicyBounds.objects.filter(content_kind=content_kind, in_force_at__lte=at)
    return rows.order_by("-version").first()


def _chain_of(conversation: Conversation, chains: Chains) -> Chain:
    return chains.of(
        content_kind=_kind_of(conversation),
        owner_id=conversation.owner_id,
        project_id=conversation.project_id,
    )


def _kind_of(conversation: Conversation) -> str:
    return TEMPORARY_CHATS if conversation.is_temporary else CONVERSATIONS


def _policy_dates(
    workspace: WorkspaceRef, conversation: Conversation, chains: Chains, at: datetime
) -> tuple[datetime | None, datetime | None]:
    fixed = plans.of(workspace.plan).fixed_retention_days
    if fixed is not None:
        ends_at = conversation.created_at + timedelta(days=fixed)
        return ends_at, ends_at
    chain = _chain_of(conversation, chains)
    clock = conversation.last_activity_at
    if conversation.is_temporary:
        clock = conversation.created_at
    expires_at = precedence.expires_at(chain, clock=clock, at=at)
    if conversation.is_temporary:
        return expires_at, expires_at
    return expires_at, precedence.purge_at(chain, clock=clock, at=at)


def ways_out(
    state: str,
    *,
    is_due: bool,
    is_held: bool,
    has_policy: bool,
    by_message: bool,
    deleted_by: str,
) -> tuple[WayOut, ...]:
    """What would change the outcome; a fixed rule and its clock nobody changes."""
    ways = [WayOut.RELEASE_HOLD if is_held else WayOut.PLACE_HOLD]
    if state == "deleted" and not is_due and deleted_by not in FOR_GOOD:
        ways.append(WayOut.RESTORE)
    if state in ("expired", "live") and has_policy:
        ways.append(WayOut.LENGTHEN_POLICY)
    if state == "live" and by_message:
        ways.append(WayOut.NEW_ACTIVITY)
    return tuple(ways)
