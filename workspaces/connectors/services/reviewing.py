"""Cuts the grants of members who lost the right to a connector.

From the change of a role, group, seat or feature on the next use is refused; here the
grant itself ends, its source is told, and a receipt lists it. The database marks whose
grants to ask again with each such change. Each batch is one transaction, asks the same
evaluator as every decision, and takes its marks away only when it has asked for all:
whatever stops it makes it late. Signing in to an app marks its member as well, so that
a right that was lost in that very moment is found.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from workspaces.access import standings
from workspaces.connectors import selectors
from workspaces.connectors.controls import Cause
from workspaces.connectors.models import ConnectorGrant, GrantReview
from workspaces.connectors.selectors import bundles
from workspaces.connectors.services import cutting
from workspaces.tenancy.selectors import WorkspaceRef, workspace_in_scope

Clock = Callable[[], datetime]
BATCH = 500
_MOST_BATCHES = 40
_REVIEWER = Actor.system("connectors")


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Whose grants are asked now, with the marks that say so."""

    marks: tuple[int, ...]
    members: tuple[int, ...]
    # The mark of everybody, and whether somebody is left to ask after this batch.
    everybody: int | None = None
    has_more: bool = False


def review_due(*, clock: Clock, workspaces: int = 200) -> int:
    """Ask again for whom rights changed; how many grants were cut."""
    due = _due(workspaces)
    return one_by_one(
        due, lambda one: _reviewed(*one, clock), what="grants of workspace"
    )


def _due(limit: int) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_grant_reviews(%s)", [limit])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def _reviewed(workspace_id: int, organization_id: int, clock: Clock) -> int:
    number = 0
    for _turn in range(_MOST_BATCHES):
        with _open(workspace_id, organization_id):
            batch = _next()
            if batch is None:
                break
            workspace = workspace_in_scope(workspace_id=workspace_id)
            cut, is_whole = _asked(batch, workspace, at=clock())
            number += cut
            if not is_whole:
                break
            _done(batch)
    return number


def _next() -> _Batch | None:
    """The oldest marks; one of everybody that has begun goes on."""
    free = GrantReview.objects.select_for_update(skip_locked=True)
    wide = free.filter(membership__isnull=True).order_by("-reached", "id").first()
    if wide is not None:
        if wide.reached == 0:
            _absorb(wide)
        linked = _linked().filter(membership_id__gt=wide.reached)
        found = linked.order_by("membership_id").distinct()[: BATCH + 1]
        members = list(found.values_list("membership_id", flat=True))
        return _Batch(
            marks=(wide.pk,),
            members=tuple(members[:BATCH]),
            everybody=wide.pk,
            has_more=len(members) > BATCH,
        )
    marks = list(free.order_by("id")[:BATCH])
    if not marks:
        return None
    asked = {one.membership_id or 0 for one in marks}
    held = _linked().filter(membership_id__in=asked)
    members = list(held.order_by().values_list("membership_id", flat=True).distinct())
    return _Batch(marks=tuple(one.pk for one in marks), members=tuple(members))


def _absorb(wide: GrantReview) -> None:
    """Whoever asks for everybody now has asked for every mark that is there now."""
    others = GrantReview.objects.select_for_update(skip_locked=True).filter(reached=0)
    gone = list(others.exclude(pk=wide.pk).values_list("pk", flat=True))
    GrantReview.objects.filter(pk__in=gone).delete()


def _asked(batch: _Batch, workspace: WorkspaceRef, *, at: datetime) -> tuple[int, bool]:
    """Cut what no longer stands; how much, and whether nothing was left out."""
    lost = _lost(batch.members, workspace)
    number = sum(len(grants) for grants in lost.values())
    rows = _linked().filter(pk__in=[pk for grants in lost.values() for pk in grants])
    # Somebody else ends or renews the others just now: asked again in a minute.
    held = rows.select_for_update(skip_locked=True).order_by("pk")
    free = set(held.values_list("pk", flat=True))
    for connector, setup in selectors.by_id(ids=lost).items():
        cutting.cut_grants(
            actor=_REVIEWER,
            workspace=workspace,
            setup=setup,
            grants=_linked().filter(pk__in=free & lost[connector]),
            cause=Cause.RIGHT_LOST,
            at=at,
        )
    return len(free), len(free) == number


def _lost(members: tuple[int, ...], workspace: WorkspaceRef) -> dict[int, set[int]]:
    """The grants of these members that no setting gives any more, by connector."""
    lost: dict[int, set[int]] = defaultdict(set)
    if not members:
        return lost
    people = standings.of(ids=members, workspace=workspace)
    for standing in bundles.of(members=people.values(), workspace=workspace).values():
        slugs = {
            setup.row.pk: slug
            for slug, setup in standing.setups.items()
            if setup.row.pk
        }
        for connector, grant in standing.grants.items():
            if not standing.verdict(slugs[connector]).allowed:
                lost[connector].add(grant.pk)
    return lost


def _done(batch: _Batch) -> None:
    if batch.everybody is not None and batch.has_more:
        wide = GrantReview.objects.filter(pk=batch.everybody)
        wide.update(reached=batch.members[-1])
        return
    GrantReview.objects.filter(pk__in=batch.marks).delete()


def _linked() -> "QuerySet[ConnectorGrant]":
    return ConnectorGrant.objects.filter(ended_at__isnull=True)


def _open(
    workspace_id: int, organization_id: int
) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(workspace_id=workspace_id, organization_id=organization_id)
