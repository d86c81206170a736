"""Answers for how long details are kept, and what fewer days would take at once."""

from datetime import datetime

from audit.expiry import guards, rules
from audit.expiry.models import AuditExpiry
from audit.log import storage

MOST_COUNTED = 100_000

_WOULD_GO = """
select count(*) from (
    select from audit_facet f
     where f.organization_id = %(organization)s and f.at < %(cutoff)s
       and f.at >= coalesce(%(floor)s::timestamptz, '-infinity')
       and (f.workspace = any(%(workspaces)s::uuid[])
            or f.target_id = any(%(people)s::uuid[])
            or f.actor = any(%(people)s::uuid[]::text[])) is not true
       and exists (select from audit_detail d
                    where d.organization_id = f.organization_id
                      and d.entry_id = f.entry_id)
     limit %(most)s) x
"""


def days() -> int:
    """For how many days the open organization keeps details."""
    row = AuditExpiry.objects.values_list("days", flat=True).first()
    return rules.DEFAULT_DAYS if row is None else int(row)


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
