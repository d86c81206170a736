"""Lists every state in which work on a log may stand, with its limit.

As for deleting: what repairs it runs each minute, and what is older than its limit
anyway is a finding of `doctor`. A statement counts, by organization, what is too old;
`before` is the moment of the limit by the clock of the product, `since` by that of the
database, which leases beat by.
"""

from datetime import timedelta

from kit.limbo import Limbo

_MINUTES = timedelta(minutes=1)
_HOURS = timedelta(hours=1)

STATES: tuple[Limbo, ...] = (
    Limbo(
        name="export of the log that nobody began",
        limit=1 * _HOURS,
        repaired_by="work_exports claims it each minute",
        sql="select organization_id, count(*) from audit_export"
        " where state = 'queued' and requested_at < %(before)s"
        " group by organization_id",
    ),
    Limbo(
        name="export of the log whose worker is gone",
        limit=15 * _MINUTES,
        repaired_by="work_exports takes it over when its lease lapses",
        sql="select organization_id, count(*) from audit_export"
        " where state = 'running' and leased_until < %(since)s"
        " group by organization_id",
    ),
    Limbo(
        name="export of the log past its days",
        limit=1 * _HOURS,
        repaired_by="work_exports drops its file each minute",
        sql="select organization_id, count(*) from audit_export"
        " where state = 'done' and expires_at < %(before)s group by organization_id",
    ),
    Limbo(
        name="verification that nobody is at",
        limit=1 * _HOURS,
        repaired_by="verify_due takes it up each minute, or once its lease lapses",
        sql="select organization_id, count(*) from audit_verification"
        " where state = 'due' and requested_at < %(before)s"
        " and coalesce(leased_until < %(since)s, true) group by organization_id",
    ),
    Limbo(
        name="erasure from the log that nobody goes on with",
        limit=1 * _HOURS,
        repaired_by="erase_from_logs goes on each minute, and asks holds again",
        sql="select organization_id, count(*) from audit_erasure"
        " where ended_at is null and due_at < %(before)s group by organization_id",
    ),
    Limbo(
        name="details of entries past their days",
        limit=6 * _HOURS,
        repaired_by="expire_details takes 40,000 entries each minute",
        sql="select organization_id, count(*) from audit_expiry"
        " where due_at < %(before)s group by organization_id",
    ),
    Limbo(
        name="entries past their days",
        limit=6 * _HOURS,
        repaired_by="prune_logs goes on each minute, once its plan is sealed",
        sql="select organization_id, count(*) from audit_pruning"
        " where due_at < %(before)s and (days is not null or until_epoch is not null)"
        " group by organization_id",
    ),
)
