"""Counts the members of a workspace by what decides about them, in one statement."""

from dataclasses import dataclass

from django.db import connection

_CROWDS = """
with held as (
    select a.membership_id as member, a.role_id as role
      from workspaces_roleassignment a
     where a.workspace_id = %(workspace)s and a.membership_id is not null
     union
    select g.membership_id, a.role_id
      from workspaces_roleassignment a
      join workspaces_groupmember g
        on g.workspace_id = a.workspace_id and g.group_id = a.group_id
     where a.workspace_id = %(workspace)s and g.membership_id is not null
), sets as (
    select member, array_agg(role order by role) as roles from held group by member
)
select coalesce(s.roles, '{}'), m.seat, m.role, count(*)
  from workspaces_membership m left join sets s on s.member = m.id
 where m.workspace_id = %(workspace)s and m.status = 'active'
 group by 1, 2, 3
"""


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Active members about whom the same things decide."""

    custom_roles: frozenset[int]
    seat: str
    role: str
    people: int


def crowds(*, workspace_id: int) -> list[Crowd]:
    """All active members, by their custom roles, seat and built-in role."""
    with connection.cursor() as cursor:
        cursor.execute(_CROWDS, {"workspace": workspace_id})
        return [
            Crowd(custom_roles=frozenset(roles), seat=seat, role=role, people=people)
            for roles, seat, role, people in cursor.fetchall()
        ]
