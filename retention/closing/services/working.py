"""Closes workspaces whose grace is over: empties them, and destroys their keys last.

A closing is a row with a due time, and each step of it one transaction that leaves the
row at the next: whoever dies over one is followed by the next tick, and twice changes
nothing. The steps:

1. Emptying begins: keys, tokens, grants, invitations and jobs end, members stay out.
2. What is stored is hidden through the door of deletions, in bounded batches; sweeps
   purge it with its keys and files when the undo window is over, as ever.
3. Nothing is stored any more, nor doomed and not destroyed: under the lock that shuts
   out hold writers, the workspace closes and its key is doomed.
4. The key is destroyed (the sweeper's worker does it): the closing is complete.

A hold wins at every step. While one protects anything of the workspace, no step is
taken: what is hidden already and not covered goes with the sweeps, what is covered
stays. The last question is asked under the lock, in the very transaction that dooms the
key; from its commit on the database takes no new hold of this workspace.
"""

from datetime import datetime, timedelta

from django.db import OperationalError, connection

from kit.actor import Actor
from kit.one_by_one import one_by_one
from retention.closing import selectors
from retention.closing.models import Closing, ClosingState
from retention.closing.services import endings
from retention.closing.services.asking import note
from retention.deletions import services as deletions
from retention.holds import coverage, locking
from retention.holds import selectors as holds
from retention.holds.services import storing
from retention.sweeps import kinds
from retention.sweeps.storage import ALIAS, changed, rows, step
from workspaces.connectors.models import ConnectorGrant
from workspaces.tenancy.models import Workspace, WorkspaceState
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug

WORKER = Actor.system("closing")
AT_ONCE = 500
ROUNDS = 20
LOOK_AGAIN = timedelta(minutes=5)

_DUE = "select * from custos_due_closings(%s, %s)"
_LOCK_TIMEOUT = "set local lock_timeout = '5s'"
# Whoever stores something here shares this row until they commit: after it is locked,
# the next statement sees all that was stored, and nobody stores more.
_ALONE = """
select w.key_id from workspaces_workspace w
join retention_closing o on o.workspace_id = w.id
where w.id = %(workspace)s and o.id = %(closing)s and o.state = 'emptying'
for update
"""
_LEFT = """
select exists (select from {scopes} h where h.workspace_id = %(workspace)s and {active})
    or exists (select from retention_doom d
               where d.workspace_id = %(workspace)s and d.destroyed_at is null)
    or {stored}
"""
_CLOSE = """
with closed as (
    update workspaces_workspace set state = 'closed' where id = %(workspace)s
), emptied as (
    update retention_closing set state = 'destroying', emptied_at = %(at)s,
           due_at = %(at)s, waits_for = 0
    where id = %(closing)s
)
insert into retention_doom (workspace_id, kind, object_id, doomed_at)
values (%(workspace)s, 'key', %(key)s, %(at)s) on conflict do nothing
"""


def work_due(*, at: datetime, limit: int = 1_000) -> int:
    """Goes on with every closing that is due; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [at, limit])
        waiting = cursor.fetchall()
    # What is late for an hour opens an incident.
    one_by_one(waiting, lambda one: _go_on(*one, at=at), what="closing")
    return len(waiting)


def _go_on(closing_id: int, slug: str, *, at: datetime) -> None:
    workspace = workspace_by_slug(slug=slug)
    for _round in range(ROUNDS):
        if not _work(closing_id, workspace, at=at):
            return


def _work(closing_id: int, workspace: WorkspaceRef, *, at: datetime) -> bool:
    """One step; whether the next may follow at once."""
    with storing.scope(workspace):
        locking.before_changing()
        row = (
            Closing.objects.select_for_update(skip_locked=True)
            .filter(pk=closing_id, ended_at__isnull=True, due_at__lte=at)
            .first()
        )
        if row is None:
            return False
        if row.state == ClosingState.DESTROYING:
            return _complete(row, workspace, at=at)
        if _waits(row, workspace, at=at):
            return False
        if row.state == ClosingState.GRACE:
            return _begin(row, workspace, at=at)
        if deletions.empty(actor=WORKER, workspace=workspace, limit=AT_ONCE, at=at):
            return True
        row.due_at = at + LOOK_AGAIN
        row.save(update_fields=["due_at"])
        if ConnectorGrant.objects.filter(revoke_due_at__isnull=False).exists():
            return False  # their sources are told with tokens that the key seals
    return _close_if_empty(row, workspace, at=at)


def _waits(row: Closing, workspace: WorkspaceRef, *, at: datetime) -> bool:
    """Whether holds keep it from going on; it looks again, and says so once."""
    number = holds.matters_in_force(at=at)
    if number and not row.waits_for:
        note(WORKER, workspace, row, "waited", at=at, counts={"matters": number})
    if number:
        row.due_at = at + LOOK_AGAIN
    row.waits_for = number
    row.save(update_fields=["waits_for", "due_at"])
    return bool(number)


def _begin(row: Closing, workspace: WorkspaceRef, *, at: datetime) -> bool:
    Workspace.objects.filter(pk=workspace.id).update(state=WorkspaceState.EMPTYING)
    row.state, row.began_at = ClosingState.EMPTYING, at
    row.save(update_fields=["state", "began_at"])
    ended = endings.end_ways_in(actor=WORKER, workspace=workspace, at=at)
    note(WORKER, workspace, row, "began", at=at, counts={"ended": ended})
    return True


def _close_if_empty(row: Closing, workspace: WorkspaceRef, *, at: datetime) -> bool:
    """Dooms the key where nothing is left, decided while no hold can be placed."""
    here = {"workspace": workspace.id, "closing": row.pk}
    try:
        with step():
            rows(_LOCK_TIMEOUT)
            locking.before_purging(using=ALIAS)
            key = rows(_ALONE, **here)
            if not key or rows(_left(), at=at, **here)[0][0]:
                return False
            changed(_CLOSE, key=key[0][0], at=at, **here)
            note(WORKER, workspace, row, "emptied", at=at, using=ALIAS)
    except OperationalError:
        return False  # somebody holds the table of holds for long: at the next look
    return True


def _left() -> str:
    stored = " or ".join(
        f"exists (select from {kind.root} c where c.workspace_id = %(workspace)s)"
        for kind in kinds.swept()
    )
    return _LEFT.format(
        scopes=coverage.SCOPES, active=coverage.ACTIVE, stored=f"({stored})"
    )


def _complete(row: Closing, workspace: WorkspaceRef, *, at: datetime) -> bool:
    """Says closed once the key is destroyed, never before."""
    if selectors.key_destroyed_at(workspace=workspace) is None:
        row.due_at = at + timedelta(minutes=1)
        row.save(update_fields=["due_at"])
        return False
    row.state, row.ended_at = ClosingState.CLOSED, at
    row.save(update_fields=["state", "ended_at"])
    counts = {"stored": sum(number for number, _bytes in row.counted.values())}
    note(WORKER, workspace, row, "completed", at=at, counts=counts)
    endings.end_streams(actor=WORKER, workspace=workspace, at=at)
    return False
