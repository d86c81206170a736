"""Writes the members of groups, any number of them in one statement.

What it costs depends on the number of members that change, never on the size of the
group.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

_ADD = """
insert into workspaces_groupmember
    (workspace_id, group_id, subject, membership_id, display)
select %(workspace)s, %(group)s, x.subject, x.membership_id, x.display
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
returning group_id
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


def add(*, workspace_id: int, group_id: int, subjects: Sequence[Subject]) -> Written:
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
            },
        )
        rows = cursor.fetchall()
    new = [row for row in rows if row[2]]
    return _written(new, renamed=len(rows) - len(new))


def remove(*, workspace_id: int, group_id: int, subjects: Collection[UUID]) -> Written:
    """Take people out of a group."""
    if not subjects:
        return Written()
    return _removed(_REMOVE, workspace_id, group_id, subjects)


def remove_others(
    *, workspace_id: int, group_id: int, subjects: Collection[UUID]
) -> Written:
    """Take everybody but these people out of a group."""
    return _removed(_REMOVE_OTHERS, workspace_id, group_id, subjects)


def remove_everywhere(*, workspace_id: int, subject: UUID) -> list[int]:
    """Take a person out of all groups; the groups that they were in."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REMOVE_EVERYWHERE, {"workspace": workspace_id, "subject": subject}
        )
        return [row[0] for row in cursor.fetchall()]


def _removed(
    sql: str, workspace_id: int, group_id: int, subjects: Collection[UUID]
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
        return _written(cursor.fetchall())


def _written(
    rows: Sequence[tuple[UUID, int | None, *tuple[object, ...]]], *, renamed: int = 0
) -> Written:
    return Written(
        subjects=tuple(row[0] for row in rows),
        memberships=tuple(row[1] for row in rows if row[1] is not None),
        renamed=renamed,
    )
