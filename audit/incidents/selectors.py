"""Answers which incidents there are, what the rules are set to, and where they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from audit.incidents.models import (
    AuditIncident,
    AuditIncidentRule,
    AuditIncidentStep,
    AuditRota,
)
from audit.incidents.rules import DEFAULT_WAIT, RULES, By, Kind, Rule, State
from audit.log import storage
from audit.log.actions import CATALOG

Place = tuple[int, int]
"""(epoch, index) of a sealed entry."""

STEPS_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A rule as an organization has set it."""

    rule: Rule
    is_on: bool


@dataclass(frozen=True, kw_only=True)
class Hit:
    """An entry at which a rule holds."""

    place: Place
    at: datetime
    subject: str
    workspace: UUID | None


def listed(
    *, workspace: UUID | None, state: State | None = None
) -> QuerySet[AuditIncident]:
    """The incidents of the open organization, or of one of its workspaces."""
    rows: QuerySet[AuditIncident] = AuditIncident.objects.all()
    if workspace is not None:
        rows = rows.filter(workspace=workspace)
    return rows.filter(state=state.value) if state else rows


def lasting(*, workspace: UUID, is_whole: bool) -> list[AuditIncident]:
    """The newest that are not resolved, at most fifty: of a workspace.

    With `is_whole` also those of the organization as a whole.
    """
    about = Q(workspace=workspace)
    if is_whole:
        about |= Q(workspace__isnull=True)
    rows = AuditIncident.objects.filter(about).exclude(state=State.RESOLVED.value)
    return list(rows.order_by("-opened_at", "-id")[:50])


def incident(*, public_id: UUID, workspace: UUID | None) -> AuditIncident | None:
    """One incident, where it belongs to this workspace or all are asked for."""
    return listed(workspace=workspace).filter(public_id=public_id).first()


def timeline(*, incident: AuditIncident) -> list[AuditIncidentStep]:
    """What happened, oldest first; of very many lines the newest."""
    rows = AuditIncidentStep.objects.filter(incident_id=incident.pk)
    return list(rows.order_by("-at", "-id")[:STEPS_SHOWN])[::-1]


def settings() -> list[Setting]:
    """Every rule with what the open organization set of it."""
    set_to = {row.kind: row for row in AuditIncidentRule.objects.all()}
    return [_setting(rule, set_to.get(rule.kind)) for rule in RULES.values()]


def setting(*, kind: Kind) -> Setting:
    """One rule with what the open organization set of it."""
    return _setting(RULES[kind], AuditIncidentRule.objects.filter(kind=kind).first())


def _setting(rule: Rule, row: AuditIncidentRule | None) -> Setting:
    if row is None:
        return Setting(rule=rule, is_on=True)
    changed = replace(rule, threshold=row.threshold, minutes=row.minutes)
    return Setting(rule=changed, is_on=row.is_on)


def rota(*, organization_id: int) -> AuditRota:
    """Whom the open organization pages; no contacts where it set none."""
    found = AuditRota.objects.first()
    return found or AuditRota(organization_id=organization_id, minutes=DEFAULT_WAIT)


def due_pages(*, at: datetime, limit: int) -> list[tuple[int, int]]:
    """Incidents whose next page is due, with their organizations."""
    with connection.cursor() as cursor:
        cursor.execute("select * from audit_due_pages(%s, %s)", [at, limit])
        return list(cursor.fetchall())


def due_calls(*, at: datetime, limit: int) -> list[tuple[int, int]]:
    """Calls of webhooks that are due, with their organizations."""
    with connection.cursor() as cursor:
        cursor.execute("select * from audit_due_page_calls(%s, %s)", [at, limit])
        return list(cursor.fetchall())


def unread(*, limit: int) -> list[int]:
    """Organizations whose logs have entries that the rules have not read."""
    with connection.cursor() as cursor:
        cursor.execute("select * from audit_due_detection(%s)", [limit])
        return [organization_id for (organization_id,) in cursor.fetchall()]


_END = """
select epoch, index from (
    select f.epoch, f.index from audit_facet f
     where f.organization_id = %s and (f.epoch, f.index) > (%s, %s)
     order by f.epoch, f.index limit %s) w
 order by epoch desc, index desc limit 1
"""


def end_of_window(*, organization_id: int, after: Place, entries: int) -> Place | None:
    """The last of the next sealed entries, at most so many; None where none is new."""
    found = storage.rows("default", _END, organization_id, *after, entries)
    return found[0] if found else None


# An entry that stands for several tries of one minute counts as often. What was read
# before lends the rows that a threshold may still need, within the window.
_HITS = """
with new as (
    select f.* from audit_facet f
     where f.organization_id = %(organization)s
       and f.action = any(%(actions)s) and f.outcome = any(%(outcomes)s)
       and (f.epoch, f.index) > (%(epoch)s, %(index)s)
       and (f.epoch, f.index) <= (%(end_epoch)s, %(end_index)s)
), old as (
    select f.* from audit_facet f
     where f.organization_id = %(organization)s
       and f.action = any(%(actions)s) and f.outcome = any(%(outcomes)s)
       and (f.epoch, f.index) <= (%(epoch)s, %(index)s)
       and f.at >= (select min(at) from new) - %(window)s and %(threshold)s > 1
     order by f.epoch desc, f.index desc limit %(lent)s
), one as (
    select w.*, case %(by)s when 'workspace' then w.workspace::text
                            when 'target' then w.target_id::text end as subject
      from (select *, true as is_new from new
            union all select *, false from old) w
), each as (
    select o.*, n from one o
      join audit_entry e on e.id = o.entry_id and e.organization_id = o.organization_id
     cross join lateral generate_series(1, least(%(threshold)s, greatest(1, coalesce((
        convert_from(e.leaf, 'UTF8')::jsonb #>> '{counts,attempts}')::bigint, 1)))) n
), nth as (
    select e.*, lag(at, %(threshold)s - 1) over (
        partition by subject order by epoch, index, n) as first_at
      from each e
)
select distinct epoch, index, at, coalesce(subject, ''),
       case when %(by)s = 'organization' then null else workspace end
  from nth
 where is_new and first_at is not null
   and at - first_at <= %(window)s and first_at - at <= %(window)s
 order by epoch, index
"""
_LENT = 5_000


def hits(*, organization_id: int, rule: Rule, after: Place, end: Place) -> list[Hit]:
    """The entries beyond `after` up to `end` at which a rule holds, in their order."""
    found = storage.rows_named(
        "default",
        _HITS,
        organization=organization_id,
        actions=actions_of(rule),
        outcomes=list(rule.outcomes),
        epoch=after[0],
        index=after[1],
        end_epoch=end[0],
        end_index=end[1],
        window=rule.window,
        threshold=rule.threshold,
        lent=_LENT,
        by=By(rule.by).value,
    )
    return [
        Hit(place=(epoch, index), at=at, subject=subject, workspace=workspace)
        for epoch, index, at, subject, workspace in found
    ]


def actions_of(rule: Rule) -> Sequence[str]:
    """The names of the catalogue that a rule watches."""
    endings = tuple(one for one in rule.actions if one.startswith("."))
    ending = [name for name in CATALOG if endings and name.endswith(endings)]
    return [one for one in rule.actions if not one.startswith(".")] + ending
