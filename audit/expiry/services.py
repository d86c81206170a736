"""Lets details of old entries go, batch by batch, and sets after how many days.

Leaves hold commitments; values and salts lie in the details. Without them every proof
stays valid and nobody can test a guess. Once a day an organization's sealed entries are
walked by their time, a bounded number in one transaction together with the cursor:
killed, a run goes on where it was. What a legal hold covers stays, and is looked at
again by every later run.

The list repeats who acted; it forgets them together with the details.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import connections, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.expiry import guards, rules
from audit.expiry.models import AuditExpiry
from audit.log import storage
from audit.log.models import SITE
from audit.log.selectors import Log, logs_by_id
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from kit.permissions import Permission
from kit.refusals import Refused

ALIAS = "sweeper"
WORKER = Actor.system("expiry")
BATCH = 1_000
ROUNDS = 40


class DaysOutOfBounds(Refused):
    """Fewer days than anybody needs to look back, or more than seven years."""

    status: ClassVar[int] = 422


def set_days(*, actor: Actor, log: Log, days: int, at: datetime) -> bool:
    """After how many days details go; False where nothing changes.

    Ask `selectors.would_go` before: the next run, within a minute, takes them.
    """
    actor.require(Permission.AUDIT_ERASE)
    if not rules.SHORTEST_DAYS <= days <= rules.LONGEST_DAYS:
        raise DaysOutOfBounds(
            _("Details are kept for %(least)d to %(most)d days.")
            % {"least": rules.SHORTEST_DAYS, "most": rules.LONGEST_DAYS}
        )
    with scoping.organization(organization_id=log.organization_id):
        AuditExpiry.objects.bulk_create(
            [_new(log.organization_id, at=at)], ignore_conflicts=True
        )
        row = AuditExpiry.objects.select_for_update().get()
        before = row.days
        if before == days:
            return False
        row.longer_days, row.shortened_at = rules.shortened(
            before=before,
            after=days,
            longer=row.longer_days,
            since=row.shortened_at,
            at=at,
        )
        row.days, row.due_at = days, at
        row.save(update_fields=["days", "due_at", "longer_days", "shortened_at"])
        recording.record(
            actor=actor,
            action="audit.expiry.changed",
            target=Target(kind="log", id=log.uuid),
            organization_id=log.organization_id,
            at=at,
            changes={"days": (before, days)},
        )
    return True


def _new(organization_id: int, *, at: datetime) -> AuditExpiry:
    return AuditExpiry(
        organization_id=organization_id,
        days=rules.DEFAULT_DAYS,
        due_at=at + rules.FIRST_RUN_AFTER,
    )


_ENROLL = """
insert into audit_expiry (organization_id, days, due_at, epoch, index, entries_n,
                          details_n, kept_n)
select l.organization_id, %s, %s, 0, -1, 0, 0, 0 from audit_log l
 where l.organization_id <> %s and not exists (
    select from audit_expiry e where e.organization_id = l.organization_id)
on conflict do nothing
"""
_DUE = """
select organization_id from audit_expiry
 where due_at <= %s order by due_at, organization_id limit %s
"""
_CLAIM = """
select days, floor_at, until, at, epoch, index from audit_expiry
 where organization_id = %s and due_at <= %s for update skip locked
"""
# An erasure writes details of entries anew: one of both is at work, never both.
_ERASURES = """
select id from audit_erasure where organization_id = %s and ended_at is null
 order by id for update
"""
_OPEN = """
update audit_expiry set until = %s, at = floor_at, epoch = 0, index = -1,
       entries_n = 0, details_n = 0, kept_n = 0, kept_from = null
 where organization_id = %s
"""
_EXPIRE = f"""
with old as materialized (
    select f.epoch, f.index, f.entry_id, f.at, f.actor, f.actor_kind,
           {guards.IS_KEPT} as is_kept
      from audit_facet f
     where f.organization_id = %(organization)s and {rules.IS_OLD}
       and (f.at, f.epoch, f.index)
         > (coalesce(%(at)s::timestamptz, '-infinity'), %(epoch)s, %(index)s)
     order by f.at, f.epoch, f.index limit %(batch)s),
gone as (
    delete from audit_detail d using old o
     where d.organization_id = %(organization)s and d.entry_id = o.entry_id
       and not o.is_kept
    returning d.entry_id),
forgotten as (
    update audit_facet f set actor = '' from old o
     where f.organization_id = %(organization)s and f.epoch = o.epoch
       and f.index = o.index and not o.is_kept
       and o.actor_kind <> 'system' and o.actor <> ''),
kept as (
    select o.at from old o where o.is_kept and exists (
        select from audit_detail d where d.organization_id = %(organization)s
                                     and d.entry_id = o.entry_id))
select l.at, l.epoch, l.index, (select count(distinct entry_id) from gone),
       (select count(*) from gone), (select count(*) from kept),
       (select min(at) from kept)
  from (select at, epoch, index from old
         order by at desc, epoch desc, index desc limit 1) l
"""  # noqa: S608 -- constants
_MOVE = """
update audit_expiry set at = %s, epoch = %s, index = %s, entries_n = entries_n + %s,
       details_n = details_n + %s, kept_n = kept_n + %s,
       kept_from = least(kept_from, %s) where organization_id = %s
"""
_END = """
update audit_expiry set until = null, at = null, epoch = 0, index = -1, due_at = %s,
       floor_at = least(kept_from, %s) where organization_id = %s
returning entries_n, details_n, kept_n
"""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One organization's run as it was claimed, up to `cutoff`."""

    organization_id: int
    days: int
    cutoff: datetime
    cursor: tuple[datetime | None, int, int]


def work_due(*, at: datetime, limit: int = 1_000) -> int:
    """Goes on with every run that is due, a bounded way; how many."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        first = at + rules.FIRST_RUN_AFTER
        cursor.execute(_ENROLL, [rules.DEFAULT_DAYS, first, SITE])
    found = storage.rows(ALIAS, _DUE, at, limit)
    one_by_one(found, lambda one: _go_on(*one, at=at), what="expiry of organization")
    return len(found)


def _go_on(organization_id: int, *, at: datetime) -> None:
    for _round in range(ROUNDS):
        if not _work(organization_id, at=at):
            break


def _work(organization_id: int, *, at: datetime) -> bool:
    """One transaction of work; whether there is more to do now."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        guards.lock(using=ALIAS)
        run = _claimed(cursor, organization_id, at=at)
        if run is None:
            return False
        cursor.execute(_ERASURES, [organization_id])
        kept = guards.kept(organization_id=organization_id, at=at, using=ALIAS)
        cursor.execute(
            _EXPIRE,
            {
                "organization": organization_id,
                "cutoff": run.cutoff,
                **dict(zip(("at", "epoch", "index"), run.cursor, strict=True)),
                "workspaces": list(kept.workspaces),
                "people": list(kept.people),
                "batch": BATCH,
            },
        )
        found = cursor.fetchone()
        if found is None:
            _finish(cursor, run, at=at)
            return False
        cursor.execute(_MOVE, [*found, organization_id])
        return True


def _claimed(cursor: Any, organization_id: int, *, at: datetime) -> _Run | None:
    """The open run, or a new one; None where another worker has it, or it ended."""
    cursor.execute(_CLAIM, [organization_id, at])
    row = cursor.fetchone()
    if row is None:
        return None
    days, floor_at, until, *place = row
    now = rules.cutoff(days=days, at=at)
    if until is None:
        until, place = now, [floor_at, 0, -1]
        cursor.execute(_OPEN, [until, organization_id])
    # Days that were added during the run count at once.
    return _Run(
        organization_id=organization_id,
        days=days,
        cutoff=min(until, now),
        cursor=(place[0], place[1], place[2]),
    )


def _finish(cursor: Any, run: _Run, *, at: datetime) -> None:
    """Closes the run; one that took something is recorded."""
    due_at = rules.due_after(covered=run.cutoff, days=run.days, at=at)
    cursor.execute(_END, [due_at, run.cutoff, run.organization_id])
    entries, details, kept = cursor.fetchone()
    if not details:
        return
    log = logs_by_id(ids=[run.organization_id], using=ALIAS)[run.organization_id]
    recording.record(
        actor=WORKER,
        action="audit.details.expired",
        target=Target(kind="log", id=log.uuid),
        organization_id=run.organization_id,
        at=at,
        counts={
            "days": run.days,
            "entries": entries,
            "details": details,
            "kept": kept,
        },
        using=ALIAS,
    )
