"""Which logs there are, and what holds back their seal."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils.translation import gettext as _

from audit.log import checkpoints, owners, refusals, storage
from audit.log.facets import facet_of
from audit.log.models import SITE, AuditLog
from kit import scoping
from kit.refusals import Refused


class NoSuchLog(Refused):
    """No log is open for this organization."""


@dataclass(frozen=True, kw_only=True)
class Log:
    """One log as other slices pass it on; nothing of it ever changes."""

    organization_id: int
    uuid: UUID
    origin: str
    slug: str
    name: str
    key_id: UUID

    def named(self, epoch: int) -> str:
        """The origin of one epoch's tree: the name in its checkpoints."""
        return f"{self.origin}/{epoch}"


# From one organization to the next along the index: entries are never counted.
_RECORDED = """
with recursive one(id) as (
    select min(organization_id) from audit_entry
    union all
    select (select min(e.organization_id) from audit_entry e
             where e.organization_id > one.id)
      from one where one.id is not null)
select id from one where id is not null
"""
_FIELDS = ("organization_id", "uuid", "origin", "slug", "name", "key_id")


def log_of(*, organization_id: int) -> Log:
    """The log of an organization, under its open scope."""
    row = AuditLog.objects.filter(organization_id=organization_id)
    found = row.values(*_FIELDS).first()
    if found is None:
        raise NoSuchLog(_("This organization has no audit log."))
    return Log(**found)


def logs_for_operator(*, slug: str = "") -> list[Log]:
    """All logs, or the one of the organization named `slug`: for commands only."""
    with scoping.operator():
        rows = AuditLog.objects.order_by("organization_id")
        if slug:
            rows = rows.filter(slug=slug).exclude(organization_id=SITE)
        found = [Log(**row) for row in rows.values(*_FIELDS)]
    if slug and not found:
        raise NoSuchLog(_("There is no organization “%s”.") % slug)
    return found


def lost_logs_for_operator() -> list[str]:
    """Names of logs that must be there and are not: for commands only.

    The table of logs is not trusted: heads that were published, organizations, and
    entries each demand the log that they belong to.
    """
    # Read first: a log that opens meanwhile is known by the time it is looked for.
    published = checkpoints.uuids()
    demanded = owners.owners()
    recorded = [one for (one,) in storage.rows("sequencer", _RECORDED)]
    known = logs_for_operator()
    ids, uuids = {log.organization_id for log in known}, {log.uuid for log in known}
    lost = {f"organization {one.slug}": one.organization_id for one in demanded}
    lost |= {f"entries of organization {one}": one for one in recorded}
    return [
        *sorted(f"checkpoints of {uuid}" for uuid in published - uuids),
        *sorted(name for name, one in lost.items() if one not in ids),
    ]


def logs_by_id(*, ids: Collection[int], using: str) -> dict[int, Log]:
    """The logs of these organizations, for roles that need no scope."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"select {', '.join(_FIELDS)} from audit_log"  # noqa: S608 -- constants
            " where organization_id = any(%s)",
            [list(ids)],
        )
        rows: list[Any] = cursor.fetchall()
    found = (Log(**dict(zip(_FIELDS, row, strict=True))) for row in rows)
    return {log.organization_id: log for log in found}


class Level(StrEnum):
    """How late the seal is."""

    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, kw_only=True)
class Stall:
    """Entries wait for their seal: a transaction stays open, or a log is refused."""

    level: Level
    waiting_since: datetime
    culprits: tuple[str, ...]

    def __str__(self) -> str:
        held = "; ".join(self.culprits) or "nobody: is the sequencer running?"
        return f"the audit log is unsealed since {self.waiting_since}, held by {held}"


_WARNING_AFTER = timedelta(seconds=10)
_ALARM_AFTER = timedelta(seconds=60)

_OLDEST_WAITING = """
select e.leaf from audit_sequencer s cross join lateral (
    select x.leaf from audit_entry x
     where (x.epoch, x.xid, x.id) > (s.bound_epoch, s.bound_xid, s.bound_id)
     order by x.epoch, x.xid, x.id limit 1) e
"""
_CULPRITS = """
select format('process %%s (%%s, %%s, since %%s)', pid, usename, state, xact_start)
  from pg_stat_activity
 where backend_xid is not null and datname = current_database()
   and pid <> pg_backend_pid()
union all
select format('prepared transaction %%s (since %%s)', gid, prepared)
  from pg_prepared_xacts where database = current_database()
"""


def stall(*, at: datetime, using: str = "sequencer") -> Stall | None:
    """Who holds the seal back, once the oldest entry waits for over ten seconds."""
    late = _held_back(at=at, using=using)
    refused = refusals.oldest(using=using)
    if not refused or (late and late.waiting_since <= refused[0].since):
        return late
    return _stalled(refused[0].since, culprits=[one.reason for one in refused], at=at)


# A log that is refused waits beyond a place of its own.
_OLDEST_OF_ONE = """
select e.leaf from audit_sequencer s
  left join audit_refusal r on r.organization_id = %s
 cross join lateral (
    select x.leaf from audit_entry x
     where x.organization_id = %s
       and (x.epoch, x.xid, x.id) > (
           coalesce(r.after_epoch, s.bound_epoch), coalesce(r.after_xid, s.bound_xid),
           coalesce(r.after_id, s.bound_id))
     order by x.epoch, x.xid, x.id limit 1) e
"""


def late_since(*, organization_id: int, at: datetime) -> datetime | None:
    """When the oldest unsealed entry of one log was made, once that is an alarm.

    Under the organization's open scope: it tells nothing of other logs, and names
    nobody who holds the seal back.
    """
    found = storage.rows("default", _OLDEST_OF_ONE, organization_id, organization_id)
    if not found:
        return None
    since = facet_of(bytes(found[0][0]), subject="", sealed_at=at).at
    return since if at - since >= _ALARM_AFTER else None


def _held_back(*, at: datetime, using: str) -> Stall | None:
    found = storage.rows(using, _OLDEST_WAITING)
    if not found:
        return None
    since = facet_of(bytes(found[0][0]), subject="", sealed_at=at).at
    if at - since < _WARNING_AFTER:
        return None
    culprits = [text for (text,) in storage.rows(using, _CULPRITS)]
    return _stalled(since, culprits=culprits, at=at)


def _stalled(since: datetime, *, culprits: list[str], at: datetime) -> Stall | None:
    if at - since < _WARNING_AFTER:
        return None
    level = Level.ALARM if at - since >= _ALARM_AFTER else Level.WARNING
    return Stall(level=level, waiting_since=since, culprits=tuple(culprits))
