"""Hands the projects of a member who leaves to somebody who sees them already.

A project is its member's own: nobody gets to see one by taking it over. So only shared
ones have an heir: the successor whom an admin named, if it is shared with them, else
who has it the longest, members before groups and the right to edit before use.
"""

from collections.abc import Collection
from datetime import datetime

from audit.recording import Target, record
from kit.actor import Actor
from kit.departures import Leaver
from workspaces.groups.models import GroupMember
from workspaces.members.models import Membership, MembershipStatus
from workspaces.projects.models import Project, ProjectShare, ShareRight


def heirs(*, projects: Collection[int], leaver: Leaver) -> dict[int, Membership]:
    """Who takes over each of these projects; those that nobody sees are left out."""
    shares = sorted(
        ProjectShare.objects.filter(project_id__in=projects),
        key=lambda one: (
            one.group_id is not None,
            one.right != ShareRight.EDIT,
            one.shared_at,
            one.pk,
        ),
    )
    grouped = _members_of({one.group_id for one in shares if one.group_id})
    found: dict[int, list[int]] = {}
    for share in shares:
        own = [share.membership_id] if share.membership_id else []
        people = own or grouped.get(share.group_id or 0, [])
        found.setdefault(share.project_id, []).extend(people)
    active = Membership.objects.filter(status=MembershipStatus.ACTIVE).in_bulk(
        {person for people in found.values() for person in people}
    )
    chosen = {
        project: next((one for one in _first(people, leaver) if one in active), None)
        for project, people in found.items()
    }
    return {project: active[one] for project, one in chosen.items() if one is not None}


def hand_over(
    *, actor: Actor, leaver: Leaver, row: Project, to: Membership, at: datetime
) -> None:
    """Make somebody the owner of a project, in a transaction that holds its row."""
    Project.objects.filter(pk=row.pk).update(owner_id=to.pk)
    # Whom it belongs to is nobody it is shared with.
    ProjectShare.objects.filter(project_id=row.pk, membership_id=to.pk).delete()
    record(
        actor=actor,
        action="workspaces.project.handed-over",
        target=Target(kind="project", id=row.public_id),
        organization_id=leaver.organization_id,
        workspace=leaver.workspace,
        at=at,
        changes={"owner": (str(leaver.member), str(to.public_id))},
    )


def _first(people: list[int], leaver: Leaver) -> list[int]:
    others = [one for one in people if one != leaver.membership_id]
    if leaver.successor_id in others:
        return [leaver.successor_id or 0]
    return others


def _members_of(groups: Collection[int]) -> dict[int, list[int]]:
    """The members of each group, those who came first before the others."""
    found: dict[int, list[int]] = {}
    rows = GroupMember.objects.filter(
        group_id__in=groups,
        membership_id__isnull=False,
        membership__status=MembershipStatus.ACTIVE,
    )
    for group, person in rows.order_by("id").values_list("group_id", "membership_id"):
        found.setdefault(group, []).append(person or 0)
    return found
