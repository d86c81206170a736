"""Looks at what sweeps did and left: nothing purged though due, work that stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections

from kit.limbo import Limbo
from kit.one_by_one import one_by_one
from retention.conversations import selectors as conversations
from retention.incidents import selectors as of_incidents
from retention.incidents import services as incidents
from retention.incidents.models import IncidentKind
from retention.incidents.services import Found
from retention.sweeps import kinds
from retention.sweeps.limbo import STATES
from retention.sweeps.services.planning import SWEEPER
from retention.sweeps.storage import ALIAS, changed, rows

_AT_ONCE = 500

_TO_EXAMINE = """
select s.id, s.workspace_id, s.public_id, s.opened_at,
       s.purged_n + coalesce((select sum(c.purged_n) from retention_sweepcount c
                              where c.sweep_id = s.id), 0) as purged
from retention_sweep s where s.purged_at is not null and s.examined_at is null
order by s.id limit %(limit)s
"""
_EXAMINED = "update retention_sweep set examined_at = %(at)s where id = any(%(ids)s)"
_NOW = "select clock_timestamp()"
_NAMED = "select id, slug from workspaces_workspace where slug = any(%(slugs)s)"
_WHOLE = "all"


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """What stands in one state for too long; no workspace: the installation's."""

    state: str
    workspace_id: int | None
    n: int


def examine(*, at: datetime) -> None:
    """Makes incidents of sweeps that purged nothing and of states past their limit."""
    _examine_purges(at=at)
    found = {
        (one.workspace_id, one.state): one.n
        for one in stuck(at=at)
        if one.workspace_id is not None
    }
    incidents.sync(
        actor=SWEEPER, kind=IncidentKind.STUCK, found=found, using=ALIAS, at=at
    )


def stuck(*, at: datetime) -> list[Stuck]:
    """Whatever is past the limit of its state, of all tenants."""
    now = rows(_NOW)[0][0]
    return [
        Stuck(state=state.name, workspace_id=workspace, n=n)
        for state in STATES
        for workspace, n in _counted(
            state, before=at - state.limit, since=now - state.limit
        )
    ]


def _counted(
    state: Limbo, *, before: datetime, since: datetime
) -> list[tuple[int | None, int]]:
    """How much of each workspace is too old."""
    if state.is_of_app:
        with connections["default"].cursor() as cursor:
            cursor.execute(state.sql, {"before": before})
            by_slug = dict(cursor.fetchall())
        named = rows(_NAMED, slugs=list(by_slug)) if by_slug else []
        return [(workspace, by_slug[slug]) for workspace, slug in named]
    sql = state.sql.replace("{named}", kinds.refers_to_blob("d.object_id"))
    return [(one[0], one[1]) for one in rows(sql, before=before, since=since)]


def _examine_purges(*, at: datetime) -> None:
    """Each sweep once, soon after its purge.

    What was due when it began, and still is although it purged nothing, was missed: by
    locks that others kept, or by an error of ours that the plan does not show.
    """
    found = rows(_TO_EXAMINE, limit=_AT_ONCE)
    known = of_incidents.workspaces(ids={row[1] for row in found}, using=ALIAS)
    kind = IncidentKind.NOTHING_PURGED
    lasting = of_incidents.lasting_everywhere(kind=kind, using=ALIAS)

    def look(row: tuple[Any, ...]) -> None:
        sweep, workspace_id, _public_id, opened_at, purged = row
        one = Found(kind=kind, subject=_WHOLE)
        where = known[workspace_id]
        if not purged and conversations.workspaces_with_something_due(
            workspace_ids=[workspace_id], at=opened_at, using=ALIAS
        ):
            incidents.report(actor=SWEEPER, workspace=where, found=one, at=at)
        elif (workspace_id, _WHOLE) in lasting:
            incidents.resolve(actor=SWEEPER, workspace=where, found=one, at=at)
        changed(_EXAMINED, ids=[sweep], at=at)

    one_by_one(found, look, what="sweep")
