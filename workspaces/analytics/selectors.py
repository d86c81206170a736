"""Counts what happened in a workspace week by week: whole weeks, UTC, no names.

Only what is still stored counts; what was purged is gone from the counts as well. Uses
of GPTs and connectors are sums of days that name nobody.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection

from workspaces.analytics.rules import Week
from workspaces.tenancy.selectors import WorkspaceRef

WEEKS = 12

# A message counts in the week that it was written; where the source did not say when,
# in the week of its conversation's last activity. `c` is bounded by an index.
_COUNTS = """
with weeks as (
    select n, %(first)s::timestamptz + n * interval '7 days' as begins
    from generate_series(0, %(weeks)s - 1) n
), c as materialized (
    select id, owner_id, created_at, last_activity_at from workspaces_conversation
    where workspace_id = %(workspace)s and staged_by_id is null
      and last_activity_at >= %(first)s
), m as (
    select coalesce(m.created_at, c.last_activity_at) as at, c.owner_id, m.role
    from c join workspaces_message m
      on m.workspace_id = %(workspace)s and m.conversation_id = c.id
    where m.has_message and not m.is_hidden
), written as (
    select width_bucket(at, %(edges)s::timestamptz[]) - 1 as n, count(*) messages,
           count(distinct owner_id) members
    from m where at >= %(first)s and at < %(last)s group by 1
), made as (
    select width_bucket(created_at, %(edges)s::timestamptz[]) - 1 as n,
           count(*) conversations
    from c where created_at >= %(first)s and created_at < %(last)s group by 1
), linked as (
    select width_bucket(linked_at, %(edges)s::timestamptz[]) - 1 as n,
           count(*) connectors
    from workspaces_connectorgrant
    where workspace_id = %(workspace)s
      and linked_at >= %(first)s and linked_at < %(last)s
    group by 1
), built as (
    select width_bucket(created_at, %(edges)s::timestamptz[]) - 1 as n, count(*) gpts
    from workspaces_gpt
    where workspace_id = %(workspace)s
      and created_at >= %(first)s and created_at < %(last)s
    group by 1
), used as (
    select width_bucket(day::timestamp at time zone 'UTC', %(edges)s::timestamptz[]) - 1
           as n,
           sum(number) filter (where kind = 'gpt') gpt_uses,
           sum(number) filter (where kind = 'connector') connector_uses
    from workspaces_dailyuse
    where workspace_id = %(workspace)s
      and day >= (%(first)s::timestamptz at time zone 'UTC')::date
      and day < (%(last)s::timestamptz at time zone 'UTC')::date
    group by 1
)
select coalesce(members, 0), coalesce(conversations, 0), coalesce(messages, 0),
       coalesce(gpts, 0), coalesce(connectors, 0),
       coalesce(gpt_uses, 0)::bigint, coalesce(connector_uses, 0)::bigint
from weeks left join written using (n) left join made using (n)
left join built using (n) left join linked using (n) left join used using (n)
order by n
"""


def begins(*, at: datetime) -> list[datetime]:
    """When each of the shown weeks began; the running week is not among them."""
    today = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=n) for n in range(WEEKS, 0, -1)]


def weeks(*, workspace: WorkspaceRef, at: datetime) -> list[Week]:
    """The counts of each week, oldest first, before anything is hidden."""
    edges = begins(at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "workspace": workspace.id,
                "first": edges[0],
                "last": edges[-1] + timedelta(weeks=1),
                "weeks": WEEKS,
                "edges": edges,
            },
        )
        return [
            Week(members=row[0], others=tuple(row[1:])) for row in cursor.fetchall()
        ]
