"""Answers which conversations a member sees, and what there is without content."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.models import CharField, QuerySet
from django.utils.translation import gettext as _

from kit.http import keyset
from kit.refusals import Refused
from retention.eligibility import conditions, kinds
from retention.eligibility.rules import Cutoffs
from retention.policies import selectors as policies
from retention.policies import visible
from workspaces.content.models import Conversation
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import WorkspaceRef


class UnknownConversation(LookupError):
    """No such conversation for whoever asks: answered with 404."""


class OnlyCountsOnThisPlan(Refused):
    """On this plan nobody but its member sees that a conversation exists."""


class State(StrEnum):
    """What a stored conversation is at a moment; a held one can be any of these."""

    LIVE = "live"
    DELETED = "deleted"
    EXPIRED = "expired"


CONDITIONS = {
    State.LIVE: conditions.LIVE,
    State.DELETED: conditions.DELETED,
    State.EXPIRED: conditions.EXPIRED,
}
_ORDER: keyset.Order = (("last_activity_at", "desc"), ("id", "desc"))


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many conversations of a workspace are in which state.

    `due` would be purged by a sweep now; `held` is how many holds keep from that.
    """

    live: int
    deleted: int
    expired: int
    due: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A conversation that its owner sees, without what is in it."""

    owner_id: int
    is_temporary: bool


@dataclass(frozen=True, kw_only=True)
class AgeBand:
    """Live conversations whose last activity was `from_days` to `to_days` ago."""

    from_days: int
    to_days: int | None
    conversations: int


_COUNTS = f"""
with {conditions.CUTOFFS}
select count(*) filter (where {conditions.LIVE}),
       count(*) filter (where {conditions.DELETED}),
       count(*) filter (where {conditions.EXPIRED}),
       count(*) filter (where {conditions.DUE} and not {conditions.HELD}),
       count(*) filter (where {conditions.DUE} and {conditions.HELD})
{conditions.FROM_ALL}
"""
_SEEN = f"""
with {conditions.CUTOFFS}
select c.public_id, c.owner_id, c.is_temporary
{conditions.FROM_ALL}
where {conditions.LIVE} and c.public_id = any(%(wanted)s)
"""
_AGES = f"""
with {conditions.CUTOFFS}
select width_bucket(c.last_activity_at, %(edges)s::timestamptz[]), count(*)
{conditions.FROM_ALL} where {conditions.LIVE} group by 1
"""
_DUE_WORKSPACES = f"""
with {conditions.CUTOFFS}
select b.workspace_id from b where {{something_due}} order by 1
"""  # noqa: S608 -- constants


def visible_to(
    *, workspace: WorkspaceRef, membership_id: int, at: datetime
) -> QuerySet[Conversation]:
    """A member's own conversations: neither deleted nor expired nor staged."""
    return _own(workspace, membership_id, State.LIVE, at=at)


def seen(
    *, workspace: WorkspaceRef, public_ids: Collection[UUID], at: datetime
) -> dict[UUID, Seen]:
    """Those of these conversations that their owners see: as `visible_to`."""
    if not public_ids:
        return {}
    parameters = _scopes(workspace, at=at) | {"wanted": list(public_ids)}
    return {
        public_id: Seen(owner_id=owner_id, is_temporary=is_temporary)
        for public_id, owner_id, is_temporary in _rows(_SEEN, parameters)
    }


def deleted_list(
    *, workspace: WorkspaceRef, membership_id: int, at: datetime
) -> QuerySet[Conversation]:
    """What a member deleted and can still restore, or what a sweep has not reached."""
    return _own(workspace, membership_id, State.DELETED, at=at)


def conversation_of(*, membership_id: int, public_id: UUID) -> Conversation:
    """One of a member's own conversations in any state; UnknownConversation if not."""
    found = Conversation.objects.filter(
        public_id=public_id, owner_id=membership_id, staged_by__isnull=True
    ).first()
    if found is None:
        raise UnknownConversation(public_id)
    return found


def metadata_page(
    *,
    workspace: WorkspaceRef,
    at: datetime,
    state: State = State.LIVE,
    owner_ids: Collection[int] | None = None,
    after: str | None = None,
    size: int = 50,
) -> keyset.Page[Conversation]:
    """A page of conversations without title and content, newest activity first.

    Each row also has `state` and `is_held`. Refused where members alone see theirs.
    """
    refuse_where_private(workspace)
    known = visible.known(workspace_id=workspace.id, at=at)
    found = Conversation.objects.filter(
        conditions.bound(CONDITIONS[state], known=known, at=at)
    ).defer("title", "raw")
    if owner_ids is not None:
        found = found.filter(owner_id__in=owner_ids)
    found = found.annotate(
        state=conditions.bound(
            conditions.STATE, known=known, at=at, output=CharField()
        ),
        is_held=conditions.bound(conditions.HELD, known=known, at=at),
    )
    return keyset.page(found, order=_ORDER, after=after, size=size)


def metadata_of(*, workspace: WorkspaceRef, public_id: UUID) -> Conversation:
    """One conversation without title and content; UnknownConversation if not stored.

    Refused where members alone see theirs.
    """
    refuse_where_private(workspace)
    found = (
        Conversation.objects.filter(public_id=public_id, staged_by__isnull=True)
        .defer("title", "raw")
        .first()
    )
    if found is None:
        raise UnknownConversation(public_id)
    return found


def counts(*, workspace: WorkspaceRef, at: datetime) -> Counts:
    """How many conversations there are, by state."""
    live, deleted, expired, due, held = _rows(_COUNTS, _scopes(workspace, at=at))[0]
    return Counts(live=live, deleted=deleted, expired=expired, due=due, held=held)


def ages(
    *,
    workspace: WorkspaceRef,
    at: datetime,
    edges: Sequence[int] = (30, 60, 90, 180, 365, 730),
) -> list[AgeBand]:
    """How old the live conversations are, youngest band first."""
    times = [at - timedelta(days=days) for days in reversed(edges)]
    found = dict(_rows(_AGES, _scopes(workspace, at=at) | {"edges": times}))
    bands = zip((0, *edges), (*edges, None), strict=True)
    return [
        AgeBand(
            from_days=youngest,
            to_days=oldest,
            conversations=found.get(len(edges) - place, 0),
        )
        for place, (youngest, oldest) in enumerate(bands)
    ]


def workspaces_with_something_due(
    *, workspace_ids: Sequence[int], at: datetime, using: str
) -> list[int]:
    """Which of these workspaces a sweep would purge something from."""
    scopes = policies.cutoffs_at(workspace_ids=workspace_ids, at=at, using=using)
    found: set[int] = set()
    with transaction.atomic(using=using):
        # Usually next to nothing is due. The planner cannot know the cut-offs, expects
        # a third of the table, and would read all of it every minute.
        with connections[using].cursor() as cursor:
            cursor.execute("set local enable_seqscan = off")
        for kind, something_due in kinds.somethings_due():
            rest = [one for one in scopes if one.workspace_id not in found]
            parameters = conditions.parameters(rest, at=at, kind=kind)
            asked = _DUE_WORKSPACES.format(something_due=something_due)
            found |= {row[0] for row in _rows(asked, parameters, using=using)}
    return sorted(found)


def locked(*, ids: Sequence[int]) -> list[Conversation]:
    """These stored conversations, locked against purge and change."""
    return list(
        Conversation.objects.select_for_update(no_key=True)
        .filter(pk__in=ids, staged_by__isnull=True)
        .order_by("id")
    )


def held_among(*, ids: Sequence[int], at: datetime) -> set[int]:
    """Which of these conversations a hold covers."""
    return set(_held(at=at).filter(pk__in=ids).values_list("pk", flat=True))


def held_of(*, membership_id: int, at: datetime) -> int:
    """How many of a member's stored conversations a hold covers."""
    return _held(at=at).filter(owner_id=membership_id, staged_by__isnull=True).count()


def _held(*, at: datetime) -> QuerySet[Conversation]:
    nothing = Cutoffs(
        expire_before=None,
        purge_before=None,
        deleted_before=at,
        created_before=at,
        by_creation=False,
    )
    return Conversation.objects.filter(
        conditions.bound(
            conditions.HELD, known=conditions.Known(cutoffs=nothing), at=at
        )
    )


def _own(
    workspace: WorkspaceRef, membership_id: int, state: State, *, at: datetime
) -> QuerySet[Conversation]:
    known = visible.known(workspace_id=workspace.id, at=at, membership_id=membership_id)
    return Conversation.objects.filter(
        conditions.bound(CONDITIONS[state], known=known, at=at),
        owner_id=membership_id,
    )


def refuse_where_private(workspace: WorkspaceRef) -> None:
    """OnlyCountsOnThisPlan where members alone see that something of theirs exists."""
    if plans.of(workspace.plan).retention_setter is RetentionSetter.MEMBER:
        raise OnlyCountsOnThisPlan(
            _("On this plan only the member sees their conversations.")
        )


def _scopes(workspace: WorkspaceRef, *, at: datetime) -> dict[str, Any]:
    scopes = policies.cutoffs_at(workspace_ids=[workspace.id], at=at)
    return conditions.parameters(scopes, at=at)


def _rows(
    sql: str, parameters: dict[str, Any], *, using: str = "default"
) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
