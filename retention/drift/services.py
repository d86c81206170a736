"""Compares each purge list once with what its first sweep did, and raises the alarm.

Whatever nothing explains is an incident of deleting, looked at again each hour until it
is explained or the list goes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connections

from audit.recording import Outcome, Target, record
from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from kit.permissions import Permission
from retention.drift import runs, selectors
from retention.drift.causes import ALARMS
from retention.holds import authority
from retention.incidents import services as incidents
from retention.incidents.models import IncidentKind
from retention.policies.listing import selectors as lists
from retention.policies.listing.models import PurgeList, PurgeListItem
from workspaces.tenancy import selectors as tenancy
from workspaces.tenancy.selectors import WorkspaceRef

CLERK = Actor.system("policies")
_CHUNK = 5_000
_AGAIN = timedelta(hours=1)

_OPEN = """
select l.id, l.workspace_id, w.organization_id
from retention_purgelist l join workspaces_workspace w on w.id = l.workspace_id
where l.listed_at is not null and l.first_sweep_at <= %(at)s
  and (l.settled_at is null or l.settled_at <= %(again)s
       and (l.outcome ->> 'alarm')::bigint > 0)
  and exists (select from retention_sweep s where s.workspace_id = l.workspace_id
              and s.planned_at >= l.first_sweep_at and s.purged_at is not null)
order by l.id limit 1000
"""
_ALARMS = """
select l.workspace_id, d.public_id::text, max((l.outcome ->> 'alarm')::bigint)
from retention_purgelist l join retention_policydraft d on d.id = l.draft_id
where (l.outcome ->> 'alarm')::bigint > 0 group by 1, 2
"""


def settle(*, at: datetime) -> int:
    """Compares the lists whose first sweep has purged; returns how many."""
    waiting = _sweeper(_OPEN, {"at": at, "again": at - _AGAIN})
    settled = one_by_one(
        waiting, lambda one: _settle(*one, at=at), what="outcome of purge list"
    )
    found = {(row[0], str(row[1])): row[2] for row in _sweeper(_ALARMS, {})}
    incidents.sync(
        actor=CLERK, kind=IncidentKind.DRIFT, found=found, using="sweeper", at=at
    )
    return settled


def download(
    *, actor: Actor, workspace: WorkspaceRef, purge_list: PurgeList, at: datetime
) -> Iterator[list[PurgeListItem]]:
    """The items of a list in its order, some at a time; who took it is recorded."""
    authority.demand(actor, Permission.POLICIES_VIEW, workspace=workspace)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        record(
            actor=actor,
            action="retention.purge-list.downloaded",
            target=Target(kind="purge-list", id=purge_list.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            counts={"listed": purge_list.listed_n or 0},
        )
    return _chunks(workspace, purge_list)


def _chunks(
    workspace: WorkspaceRef, purge_list: PurgeList
) -> Iterator[list[PurgeListItem]]:
    after = 0
    while True:
        # The answer outlives the request's own scope.
        with scoping.workspace(
            workspace_id=workspace.id, organization_id=workspace.organization.id
        ):
            rows = lists.items(purge_list).filter(object_id__gt=after)
            found = list(rows.order_by("object_id")[:_CHUNK])
        if not found:
            return
        yield found
        after = found[-1].object_id


def _settle(
    list_id: int, workspace_id: int, organization_id: int, *, at: datetime
) -> bool:
    with scoping.organization(organization_id=organization_id):
        workspace = tenancy.workspace_in_scope(workspace_id=workspace_id)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        rows = PurgeList.objects.select_for_update(skip_locked=True, of=("self",))
        found = rows.select_related("draft").filter(pk=list_id).first()
        if found is None or runs.first_sweep(found) is None:
            return False
        counted = selectors.counts(found, workspace=workspace, at=at)
        alarm = sum(counted.get(name, 0) for name in ALARMS)
        found.settled_at, found.outcome = at, {**counted, "alarm": alarm}
        found.save(update_fields=["settled_at", "outcome"])
        record(
            actor=CLERK,
            action="retention.purge-list.settled",
            target=Target(kind="purge-list", id=found.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            outcome=Outcome.ERROR if alarm else Outcome.SUCCESS,
            counts=counted,
        )
        return True


def _sweeper(sql: str, parameters: dict[str, datetime]) -> list[tuple[int, ...]]:
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
