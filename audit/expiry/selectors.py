"""Answers for how long details are kept and why, and what fewer days would take."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.expiry import guards, rules
from audit.expiry.models import AuditExpiry
from audit.log import storage

MOST_COUNTED = 100_000

_WOULD_GO = f"""
select count(*) from (
    select from audit_facet f
     where f.organization_id = %(organization)s and {rules.IS_OLD}
       and f.at >= coalesce(%(floor)s::timestamptz, '-infinity')
       and not {guards.IS_KEPT}
       and exists (select from audit_detail d
                    where d.organization_id = f.organization_id
                      and d.entry_id = f.entry_id)
     limit %(most)s) x
"""  # noqa: S608 -- constants
_STANDS = f"""
select f.at, {rules.IS_OLD}, {guards.IS_KEPT}, exists (
    select from audit_detail d
     where d.organization_id = f.organization_id and d.entry_id = f.entry_id)
  from audit_facet f
 where f.organization_id = %(organization)s and f.epoch = %(epoch)s
   and f.index = %(index)s
"""  # noqa: S608 -- constants


@dataclass(frozen=True, kw_only=True)
class Why:
    """What decides about the details of one entry at one moment.

    After `goes_after`, holds left aside, the next run takes them; one begins at
    `next_run_at`, None where none was planned yet. `is_old`: their days are over.
    `is_held`: a hold keeps them, whatever their age. `are_there` is false once they
    are gone, also where the entry never had any.
    """

    kept_days: int
    made_at: datetime
    goes_after: datetime
    next_run_at: datetime | None
    is_old: bool
    is_held: bool
    are_there: bool


def days() -> int:
    """For how many days the open organization keeps details."""
    row = AuditExpiry.objects.values_list("days", flat=True).first()
    return rules.DEFAULT_DAYS if row is None else int(row)


def why(*, organization_id: int, epoch: int, index: int, at: datetime) -> Why | None:
    """By what the details of one sealed entry stay or go; None without the entry."""
    kept = guards.kept(organization_id=organization_id, at=at)
    row = AuditExpiry.objects.values_list("days", "due_at").first()
    kept_days, next_run_at = row or (rules.DEFAULT_DAYS, None)
    found = storage.rows_named(
        "default",
        _STANDS,
        organization=organization_id,
        cutoff=rules.cutoff(days=kept_days, at=at),
        workspaces=list(kept.workspaces),
        people=list(kept.people),
        epoch=epoch,
        index=index,
    )
    if not found:
        return None
    made_at, is_old, is_held, are_there = found[0]
    return Why(
        kept_days=kept_days,
        made_at=made_at,
        goes_after=made_at + timedelta(days=kept_days),
        next_run_at=next_run_at,
        is_old=is_old,
        is_held=is_held,
        are_there=are_there,
    )


def would_go(*, organization_id: int, days: int, at: datetime) -> int:
    """How many entries would lose details at once; `MOST_COUNTED` means so or more."""
    kept = guards.kept(organization_id=organization_id, at=at)
    found = storage.rows_named(
        "default",
        _WOULD_GO,
        organization=organization_id,
        cutoff=rules.cutoff(days=days, at=at),
        floor=AuditExpiry.objects.values_list("floor_at", flat=True).first(),
        workspaces=list(kept.workspaces),
        people=list(kept.people),
        most=MOST_COUNTED,
    )
    return int(found[0][0])
