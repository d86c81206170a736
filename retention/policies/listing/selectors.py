"""Answers which lists a workspace keeps, and under what policies each was made."""

from datetime import datetime

from django.db import connections
from django.db.models import QuerySet

from retention.eligibility.precedence import Limits, ScopeCutoffs
from retention.eligibility.rules import Version
from retention.policies import governing
from retention.policies.drafts.models import DraftState, PolicyDraft
from retention.policies.governing import Key
from retention.policies.listing.models import PurgeList, PurgeListItem

_PENDING = """
select l.id, l.workspace_id, w.organization_id
from retention_purgelist l join workspaces_workspace w on w.id = l.workspace_id
where l.listed_at is null and l.settled_at is null order by l.id limit 20
"""


def newest_of(*, draft: PolicyDraft) -> PurgeList | None:
    """The list that was made when a draft was scheduled last."""
    rows = PurgeList.objects.filter(draft=draft).select_related("draft")
    return rows.order_by("-id").first()


def items(purge_list: PurgeList) -> QuerySet[PurgeListItem]:
    """What a list names, to order by (object_id)."""
    return PurgeListItem.objects.filter(purge_list_id=purge_list.pk)


def pending() -> list[tuple[int, int, int]]:
    """Lists that wait to be written: id, workspace and organization of each."""
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(_PENDING)
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def as_listed(
    purge_list: PurgeList, *, known_at: datetime, at: datetime
) -> list[ScopeCutoffs]:
    """What governs at `at` if nothing but the listed policy was set since then."""
    return _cutoffs(purge_list, known_at=known_at, at=at)


def as_it_stands(purge_list: PurgeList, *, at: datetime) -> list[ScopeCutoffs]:
    """What governs at `at` as everything stands: a scheduled draft is to come."""
    draft = purge_list.draft
    is_to_come = (
        draft.state == DraftState.SCHEDULED and draft.revision == purge_list.revision
    )
    return _cutoffs(purge_list, is_set=not is_to_come, at=at)


def as_known(purge_list: PurgeList, *, known_at: datetime) -> list[ScopeCutoffs]:
    """What governed at a moment, by what was set until then."""
    return _cutoffs(purge_list, known_at=known_at, is_set=True, at=known_at)


def _cutoffs(
    purge_list: PurgeList,
    *,
    known_at: datetime | None = None,
    is_set: bool = False,
    at: datetime,
) -> list[ScopeCutoffs]:
    workspace_id = purge_list.workspace_id
    key = (workspace_id, purge_list.content_kind, purge_list.scope)
    planned: dict[Key, Version | Limits] = {}
    if not is_set:
        planned[key] = _limits(purge_list) or _version(purge_list)
    known = governing.timelines(
        workspace_ids=[workspace_id], at=at, planned=planned, known_at=known_at
    )
    return governing.cutoffs_of(known, at=at)


def _version(purge_list: PurgeList) -> Version:
    return Version(
        number=purge_list.version,
        days=purge_list.days,
        undo_days=purge_list.undo_days,
        is_withdrawal=purge_list.is_withdrawal,
        set_at=purge_list.requested_at,
        in_force_at=purge_list.in_force_at,
    )


def _limits(purge_list: PurgeList) -> Limits | None:
    if not purge_list.is_bounds:
        return None
    return Limits(
        number=purge_list.version,
        floor_days=purge_list.floor_days,
        ceiling_days=purge_list.ceiling_days,
        set_at=purge_list.requested_at,
        in_force_at=purge_list.in_force_at,
    )


def label_of(purge_list: PurgeList) -> str:
    """How the log names the listed version."""
    return governing.label_of(purge_list.scope, _version(purge_list))
