"""Keeps what the preview of a scheduled draft counted, item by item.

One statement writes a list, by the sweep's own conditions at the moment of its first
sweep, so that it names what the preview counted. A small one is written in the
transaction that schedules the draft, whose entry in the log then holds its digest; a
large one a worker writes within a minute, and records the digest then. Nothing is
written to content. `KEPT_DAYS` after its first sweep a list goes; its digest stays in
the log.
"""

from datetime import datetime, timedelta

from django.db import connection, connections, transaction

from audit.recording import Target, record
from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from retention.eligibility import conditions
from retention.eligibility.subjects import Subject, subject
from retention.policies.drafts.models import PolicyDraft
from retention.policies.listing import selectors
from retention.policies.listing.models import PurgeList
from retention.policies.models import columns_of
from retention.policies.previews import first_sweep_of
from retention.policies.selectors import Hypothesis
from workspaces.tenancy import selectors as tenancy
from workspaces.tenancy.selectors import WorkspaceRef

KEPT_DAYS = 90
MOST_AT_ONCE = 50_000
"""Up to how many items a list is written while somebody waits for the page."""
CLERK = Actor.system("policies")

_NEWEST = "select coalesce(max(id + 0), 0) from {table}"
_LISTED = """
with {cutoffs}, kept as materialized ({kept}), listed as (
    insert into retention_purgelistitem (workspace_id, purge_list_id, object_id,
        public_id, clock, owner_id, project_id, is_temporary, was_deleted, is_held)
    select c.workspace_id, %(list)s, c.id, c.public_id, {clock}, {owner}, {project},
           {is_temporary}, c.deleted_at is not null, c.id in (select id from kept)
    {from_due} and {inside}
    returning object_id, public_id, is_held
)
select count(*) filter (where not is_held), count(*) filter (where is_held),
       sha256(coalesce(string_agg(uuid_send(public_id), ''::bytea order by object_id)
                           filter (where not is_held), ''::bytea))
from listed
"""
_FORGET = """
with gone as (
    select id from retention_purgelist
    where first_sweep_at <= %(before)s order by id limit 5
)
delete from retention_purgelist l using gone g, workspaces_workspace w
where l.id = g.id and w.id = l.workspace_id
returning l.public_id, l.listed_n, w.organization_id, w.public_id
"""


def keep(
    draft: PolicyDraft, planned: Hypothesis, *, workspace: WorkspaceRef, at: datetime
) -> PurgeList:
    """Keeps the list of a draft that is being scheduled, in this turn."""
    expected = draft.preview["conversations"] + draft.preview["held"]
    made = PurgeList.objects.create(
        workspace_id=workspace.id,
        draft=draft,
        revision=draft.revision,
        **columns_of(draft.scope),
        content_kind=draft.content_kind,
        days=draft.days,
        undo_days=draft.undo_days,
        is_withdrawal=draft.is_withdrawal,
        is_bounds=draft.is_bounds,
        floor_days=draft.floor_days,
        ceiling_days=draft.ceiling_days,
        version=planned.version.number,
        in_force_at=planned.version.in_force_at,
        first_sweep_at=first_sweep_of(planned),
        requested_at=at,
        expected_n=expected,
    )
    if expected <= MOST_AT_ONCE:
        _write(made, at=at)
    return made


def write_pending(*, at: datetime) -> int:
    """Writes the large lists that wait, each in its own transaction; how many."""
    pending = selectors.pending()
    return one_by_one(pending, lambda one: _worked(*one, at=at), what="purge list")


def _worked(
    list_id: int, workspace_id: int, organization_id: int, *, at: datetime
) -> bool:
    with scoping.organization(organization_id=organization_id):
        workspace = tenancy.workspace_in_scope(workspace_id=workspace_id)
        with scoping.workspace(
            workspace_id=workspace_id, organization_id=organization_id
        ):
            return _written_by_worker(list_id, workspace, at=at)


def forget_old(*, at: datetime) -> int:
    """Removes lists whose time is over, a few at once; what was purged stays known."""
    with transaction.atomic(using="sweeper"):
        with connections["sweeper"].cursor() as cursor:
            cursor.execute(_FORGET, {"before": at - timedelta(days=KEPT_DAYS)})
            gone = cursor.fetchall()
        for public_id, listed, organization_id, workspace in gone:
            record(
                actor=CLERK,
                action="retention.purge-list.removed",
                target=Target(kind="purge-list", id=public_id),
                organization_id=organization_id,
                workspace=workspace,
                at=at,
                counts={"listed": listed or 0},
                using="sweeper",
            )
    return len(gone)


def digests(kept: PurgeList | None) -> dict[str, str]:
    """What the log holds of a list that was written."""
    if kept is None or kept.digest is None:
        return {}
    return {"purge_list": bytes(kept.digest).hex()}


def counts(kept: PurgeList | None) -> dict[str, int]:
    """How many items the log says that a list names, and that holds keep of them."""
    if kept is None or kept.listed_n is None or kept.held_n is None:
        return {}
    return {"listed": kept.listed_n, "listed_held": kept.held_n}


def _written_by_worker(list_id: int, workspace: WorkspaceRef, *, at: datetime) -> bool:
    waiting = PurgeList.objects.select_for_update(skip_locked=True)
    found = waiting.filter(pk=list_id, listed_at__isnull=True).first()
    if found is None:
        return False
    _write(found, at=at)
    record(
        actor=CLERK,
        action="retention.purge-list.written",
        target=Target(kind="purge-list", id=found.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts=counts(found),
        digests=digests(found),
    )
    return True


def _write(purge_list: PurgeList, *, at: datetime) -> None:
    of = subject(purge_list.content_kind)
    cutoffs = selectors.as_listed(purge_list, known_at=at, at=purge_list.first_sweep_at)
    parameters = {
        **conditions.parameters(cutoffs, at=purge_list.first_sweep_at, kind=of.swept),
        "workspace": purge_list.workspace_id,
        "scope": purge_list.scope.id,
        "list": purge_list.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST.format(table=of.table))
        (purge_list.highest_id,) = cursor.fetchone()
        cursor.execute(_statement(of, purge_list), parameters)
        purge_list.listed_n, purge_list.held_n, purge_list.digest = cursor.fetchone()
    purge_list.listed_at = at
    purge_list.save()


def _statement(of: Subject, purge_list: PurgeList) -> str:
    return _LISTED.format(
        cutoffs=conditions.CUTOFFS,
        kept=of.kept,
        clock=of.clock,
        owner=of.owner,
        project=of.project,
        is_temporary=of.is_temporary,
        from_due=of.relation.from_due,
        inside=of.inside(purge_list.scope.kind),
    )
