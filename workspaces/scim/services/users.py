"""Creates, changes and deletes users, each write one entry of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from django.db.models import F

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from workspaces.groups import services as groups
from workspaces.members.services import LastOwnerMustStay, NoSeatIsFree
from workspaces.scim import core, rules
from workspaces.scim.models import Conflict, ScimResource
from workspaces.scim.services import giving, people, rows
from workspaces.scim.services.people import Match, Writer

# A user who would never be a member is refused at once, where the provider shows it:
# a silent yes would be a deprovisioning that does nothing later.
_REFUSED = {
    Conflict.MEMBER_EXISTS: (
        "A member of this workspace whom SCIM did not bring has this address. Turn on"
        " “Adopt existing members” on the workspace's SCIM page to take them over."
    ),
    Conflict.ADDRESS_TAKEN: "Another user of this workspace has this address.",
}


class LastOwnerStays(core.ForbiddenException):
    """The provider cannot leave a workspace without an owner."""

    def __init__(self, *, detail: str, user: UUID) -> None:
        super().__init__(detail=detail)
        self.user = user


class NoSeatLeft(core.ForbiddenException):
    """All seats are taken: the provider shows it, and tries again later."""


def create(writer: Writer, row: ScimResource, document: dict[str, Any]) -> None:
    """Keep a new user, and let them in if they mean somebody here."""
    rows.describe(writer, row, document)
    with _owner_stays(row):
        found = people.match(writer, rules.facts_of(document))
    if found.conflict in _REFUSED:
        raise core.UniquenessException(detail=_REFUSED[Conflict(found.conflict)])
    _link(row, found)
    row.save(force_insert=True)
    _record(writer, row, "workspaces.scim-user.created", rows.changes({}, document))


def change(writer: Writer, row: ScimResource, document: dict[str, Any]) -> None:
    """Bring a user to `document`; what changes nothing leaves no trace."""
    before = rows.opened(writer, row)
    changes = rows.changes(before, document)
    if not changes:
        return
    rows.describe(writer, row, document)
    _bring(writer, row, before, document)
    _record(writer, row, "workspaces.scim-user.changed", changes)


def look_again(writer: Writer, row: ScimResource) -> bool:
    """See whether what was in the way of a user is gone; whether that changed them."""
    document = rows.opened(writer, row)
    stood = (row.membership_id, row.conflict)
    with suppress(NoSeatLeft), _owner_stays(row):
        _link(row, _found(writer, row, document, document))
    if stood == (row.membership_id, row.conflict):
        return False
    _recognize(writer, row)
    changes = {"conflict": (stood[1], row.conflict)}
    _record(writer, row, "workspaces.scim-user.changed", changes)
    return True


def delete(writer: Writer, row: ScimResource) -> None:
    """Forget a user; the member behind them is removed, what they stored stays."""
    document = rows.opened(writer, row)
    with _owner_stays(row):
        people.leave(writer, row)
    people.keep(before=row.membership_id, after=None)
    left = groups.forget(
        workspace=writer.workspace, subject=row.public_id, at=writer.at
    )
    ScimResource.objects.filter(group_id__in=left).update(
        version=F("version") + 1, modified_at=writer.at
    )
    ScimResource.objects.filter(pk=row.pk).delete()
    _record(writer, row, "workspaces.scim-user.deleted", rows.changes(document, {}))


def record_refusal(writer: Writer, refusal: LastOwnerStays) -> None:
    """Record what was refused, after the transaction that tried it is gone."""
    workspace = writer.workspace
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        recording.record(
            actor=writer.actor,
            action="workspaces.scim-user.changed",
            target=Target(kind="scim-user", id=refusal.user),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=writer.at,
            outcome=Outcome.REFUSED,
            reason=refusal.detail or "",
        )


def _bring(
    writer: Writer, row: ScimResource, before: dict[str, Any], after: dict[str, Any]
) -> None:
    linked = row.membership_id
    with _owner_stays(row):
        _link(row, _found(writer, row, before, after))
    if linked != row.membership_id:
        _recognize(writer, row)
    else:
        rows.save(writer, row)


def _recognize(writer: Writer, row: ScimResource) -> None:
    """Keep whom a user means from now on; their groups count for that member."""
    if row.membership_id is not None:
        giving.demand_for_person(writer, subject=row.public_id)
    rows.save(writer, row)
    people.recognize(writer, row)


def _found(
    writer: Writer, row: ScimResource, before: dict[str, Any], after: dict[str, Any]
) -> Match:
    facts = rules.facts_of(after)
    if row.membership_id:
        return people.follow(writer, row, before=rules.facts_of(before), after=facts)
    return people.match(writer, facts)


def _link(row: ScimResource, found: Match) -> None:
    after = found.membership.pk if found.membership else None
    people.keep(before=row.membership_id, after=after)
    row.membership_id = after
    row.conflict = found.conflict


@contextmanager
def _owner_stays(row: ScimResource) -> Iterator[None]:
    try:
        yield
    except LastOwnerMustStay as refusal:
        raise LastOwnerStays(detail=str(refusal), user=row.public_id) from None
    except NoSeatIsFree as refusal:
        raise NoSeatLeft(detail=str(refusal)) from None


def _record(
    writer: Writer,
    row: ScimResource,
    action: str,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    recording.record(
        actor=writer.actor,
        action=action,
        target=Target(kind="scim-user", id=row.public_id),
        organization_id=writer.workspace.organization.id,
        workspace=writer.workspace.public_id,
        at=writer.at,
        changes=changes,
        details={"conflict": row.conflict} if row.conflict else None,
    )
