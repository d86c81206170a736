"""Creates, changes and deletes groups of the provider through the groups slice."""

from collections.abc import Mapping
from typing import Any

from workspaces.groups import services as groups
from workspaces.groups.models import Group, Source
from workspaces.groups.services import MemberChange
from workspaces.groups.storage import Subject
from workspaces.scim import core, rules, selectors
from workspaces.scim.models import ScimResource
from workspaces.scim.services import giving, rows
from workspaces.scim.services.people import Writer


def create(
    writer: Writer,
    row: ScimResource,
    document: dict[str, Any],
    members: Mapping[str, str],
) -> None:
    """Keep a new group with its first members."""
    rows.describe(writer, row, document)
    try:
        row.group = groups.create(
            actor=writer.actor,
            workspace=writer.workspace,
            name=document["displayName"],
            members=entering(members),
            source=Source.SCIM,
            may_own=writer.makes_owners,
            attributes=_attributes({}, document),
            at=writer.at,
        )
    except groups.GroupNameIsTaken as refusal:
        raise core.UniquenessException(detail=str(refusal)) from None
    except groups.TooManyGroups as refusal:
        raise core.ForbiddenException(detail=str(refusal)) from None
    row.save(force_insert=True)


def change(
    writer: Writer, row: ScimResource, document: dict[str, Any], members: MemberChange
) -> None:
    """Bring a group to `document` and its members to what they shall be."""
    before, group = rows.opened(writer, row), _group(row)
    adds = {one.id for one in members.adds}
    giving.demand_for_group(writer, group_id=group.pk, adds=adds)
    if before != document:
        rows.describe(writer, row, document)
    try:
        changed = groups.change(
            actor=writer.actor,
            workspace=writer.workspace,
            group=group,
            name=document["displayName"],
            members=members,
            may_own=writer.makes_owners,
            attributes=_attributes(before, document),
            at=writer.at,
        )
    except groups.GroupNameIsTaken as refusal:
        raise core.UniquenessException(detail=str(refusal)) from None
    if changed.is_changed:
        rows.save(writer, row)


def delete(writer: Writer, row: ScimResource) -> None:
    """Forget a group and what it gave."""
    group = _group(row)
    ScimResource.objects.filter(pk=row.pk).delete()
    groups.delete(
        actor=writer.actor,
        workspace=writer.workspace,
        group=group,
        may_own=writer.makes_owners,
        at=writer.at,
    )


def entering(members: Mapping[str, str], *, clears: bool = False) -> MemberChange:
    """Users to put into a group by id and display name, each of this workspace."""
    known = selectors.users(ids=members)
    for one in members:
        if one not in known:
            # The same for a user of another workspace and for none at all.
            raise core.InvalidValueException(
                detail=f"No user of this workspace has the id {one[:40]!r}"
            )
    adds = tuple(
        Subject(
            id=known[one].public_id,
            membership_id=known[one].membership_id,
            display=display[: rules.MAX_NAME],
        )
        for one, display in members.items()
    )
    return MemberChange(adds=adds, clears=clears)


def members_of(resource: core.Resource[Any]) -> dict[str, str]:
    """The members that a resource names, by id."""
    found = getattr(resource, "members", None) or ()
    return {one.value or "": one.display or "" for one in found}


def _group(row: ScimResource) -> Group:
    if row.group is None:  # the constraint says otherwise
        raise core.NotFoundException
    return row.group


def _attributes(
    before: dict[str, Any], after: dict[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """What differs beside the name, which the groups slice compares itself."""
    found = rows.changes(before, after)
    found.pop("displayName", None)
    return found
