"""Writes the members of groups, any number of them in one statement.

What it costs depends on the number of members that change, never on the size of the
group. Who leaves is remembered for KEPT_DAYS: policies of groups keep on for a while.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from workspaces.groups.rules import KEPT_DAYS

_ADD = """
insert into workspaces_groupmember
    (workspace_id, group_id, subject, membership_id, display, joined_at)
select %(workspace)s, %(group)s, x.subject, x.membership_id, x.display, %(at)s
  from unnest(%(subjects)s::uuid[], %(memberships)s::bigint[], %(displays)s::text[])
       as x(subject, membership_id, display)
    on conflict (group_id, subject) do update set display = excluded.display
 where excluded.display <> '' and workspaces_groupmember.display <> excluded.display
returning subject, membership_id, xmax = 0
"""
_REMOVE = """
delete from workspaces_groupmember
 where workspace_id = %(workspace)s and group_id = %(group)s
   and subject = any(%(subjects)s::uuid[])
returning subject, membership_id
"""
_REMOVE_OTHERS = """
delete from workspaces_groupmember
 where workspace_id = %(workspace)s and group_id = %(group)s
   and subject <> all(%(subjects)s::uuid[])
returning subject, membership_id
"""
_REMOVE_EVERYWHERE = """
delete from workspaces_groupmember
 where workspace_id = %(workspace)s and subject = %(subject)s
returning group_id, membership_id
"""
_RECOGNIZE = """
with before as materialized (
    select id, group_id, membership_id from workspaces_groupmember
     where workspace_id = %(workspace)s and subject = %(subject)s
       and membership_id is distinct from %(membership)s for update
), changed as (
    update workspaces_groupmember m
       set membership_id = %(membership)s, joined_at = %(at)s
      from before where m.id = before.id
)
select group_id, membership_id from before
"""
_LEFT = """
insert into workspaces_formergroupmember
    (workspace_id, group_id, membership_id, left_at)
select %(workspace)s, x.group_id, x.membership_id, %(at)s
  from unnest(%(groups)s::bigint[], %(memberships)s::bigint[])
       as x(group_id, membership_id)
"""
_FORGET = """
delete from workspaces_formergroupmember
 where workspace_id = %(workspace)s and left_at < %(before)s
"""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A person as the keeper of a group names them."""

    id: UUID
    membership_id: int | None
    display: str = ""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a statement changed."""

    subjects: tuple[UUID, ...] = ()
    memberships: tuple[int, ...] = ()
    renamed: int = 0


def add(
    *, workspace_id: int, group_id: int, subjects: Sequence[Subject], at: datetime
) -> Written:
    """Put people into a group; who is in it already may get another display name."""
    if not subjects:
        return Written()
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "workspace": workspace_id,
                "group": group_id,
                "subjects": [one.id for one in subjects],
                "memberships": [one.membership_id for one in subjects],
                "displays": [one.display for one in subjects],
                "at": _noted(at),
            },
        )
        rows = cursor.fetchall()
    new = [row for row in rows if row[2]]
    return _written(new, renamed=len(rows) - len(new))


def remove(
    *, workspace_id: int, group_id: int, subjects: Collection[UUID], at: datetime
) -> Written:
    """Take people out of a group."""
    if not subjects:
        return Written()
    return _removed(_REMOVE, workspace_id, group_id, subjects, at=at)


def remove_others(
    *, workspace_id: int, group_id: int, subjects: Collection[UUID], at: datetime
) -> Written:
    """Take everybody but these people out of a group."""
    return _removed(_REMOVE_OTHERS, workspace_id, group_id, subjects, at=at)


def remove_everywhere(*, workspace_id: int, subject: UUID, at: datetime) -> list[int]:
    """Take a person out of all groups; the groups that they were in."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REMOVE_EVERYWHERE, {"workspace": workspace_id, "subject": subject}
        )
        left = cursor.fetchall()
    _remember(workspace_id, left, at=at)
    return [row[0] for row in left]


def recognize(
    *, workspace_id: int, subject: UUID, membership_id: int | None, at: datetime
) -> None:
    """Let a listed person's groups count for another membership, or for none."""
    asked: dict[str, Any] = {
        "workspace": workspace_id,
        "subject": subject,
        "membership": membership_id,
        "at": _noted(at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECOGNIZE, asked)
        left = cursor.fetchall()
    _remember(workspace_id, left, at=at)


def _remember(
    workspace_id: int, left: Sequence[tuple[int, int | None]], *, at: datetime
) -> None:
    """Notes who left which group, and forgets what is over."""
    known = [(group, member) for group, member in left if member is not None]
    if not known:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _LEFT,
            {
                "workspace": workspace_id,
                "groups": [group for group, _member in known],
                "memberships": [member for _group, member in known],
                "at": _noted(at),
            },
        )
        before = at - timedelta(days=KEPT_DAYS)
        cursor.execute(_FORGET, {"workspace": workspace_id, "before": before})


def _noted(at: datetime) -> datetime:
    """The end of the hour: few times differ, and no window gets shorter."""
    begun = at.replace(minute=0, second=0, microsecond=0)
    return begun if begun == at else begun + timedelta(hours=1)


def _removed(
    sql: str,
    workspace_id: int,
    group_id: int,
    subjects: Collection[UUID],
    *,
    at: datetime,
) -> Written:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "workspace": workspace_id,
                "group": group_id,
                "subjects": list(subjects),
            },
        )
        removed = _written(cursor.fetchall())
    _remember(workspace_id, [(group_id, one) for one in removed.memberships], at=at)
    return removed


def _written(
    rows: Sequence[tuple[UUID, int | None, *tuple[object, ...]]], *, renamed: int = 0
) -> Written:
    return Written(
        subjects=tuple(row[0] for row in rows),
        memberships=tuple(row[1] for row in rows if row[1] is not None),
        renamed=renamed,
    )
