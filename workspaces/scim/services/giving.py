"""Keeps a token from giving what whoever issued it may not do.

Who holds a token fills groups, and a group may give a role. An admin may issue tokens
and may do less than some roles; so what counts is the role that the issuer has now (or
had when they left: provisioning goes on). Taking people out is open to every token,
since a departure must never wait for another one.
"""

from collections.abc import Collection
from uuid import UUID

from kit.permissions import Permission
from workspaces.access.models import RoleGrant
from workspaces.groups import selectors as groups
from workspaces.groups.models import GroupMember
from workspaces.roles.matrix import on_plan, permissions_of
from workspaces.scim import core
from workspaces.scim.services.people import Writer

_DETAIL = (
    "This group gives more than whoever issued this token may do. Let an owner of the"
    " workspace rotate the token, and use the new one."
)


def demand_for_group(writer: Writer, *, group_id: int, adds: Collection[UUID]) -> None:
    """Refuse to put anybody new into a group that gives too much."""
    if not adds:
        return
    there = GroupMember.objects.filter(group_id=group_id, subject__in=list(adds))
    if there.count() < len(set(adds)):
        _demand(writer, [group_id])


def demand_for_person(writer: Writer, *, subject: UUID) -> None:
    """Refuse to let the groups of a listed person count for somebody else."""
    listed = GroupMember.objects.filter(subject=subject)
    _demand(writer, list(listed.values_list("group_id", flat=True)))


def _demand(writer: Writer, group_ids: Collection[int]) -> None:
    if group_ids and not _given(writer, group_ids) <= writer.gives:
        raise core.ForbiddenException(detail=_DETAIL)


def _given(writer: Writer, group_ids: Collection[int]) -> frozenset[Permission]:
    """All that belonging to these groups gives: roles, and grants of custom roles."""
    plan, roles = writer.workspace.plan, groups.roles_by_group()
    built_in = [
        permissions_of(role=roles[one], plan=plan) for one in group_ids if one in roles
    ]
    granted = RoleGrant.objects.filter(role__assignments__group_id__in=group_ids)
    custom = {Permission(one) for one in granted.values_list("permission", flat=True)}
    return frozenset().union(*built_in) | (custom & on_plan(plan))
