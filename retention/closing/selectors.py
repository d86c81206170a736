"""Answers what a workspace stores, who is in it, and how far its closing has come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from audit.exports.models import AuditExport
from audit.streams import selectors as streams
from kit.sealing import binding, open_sealed
from retention.closing.models import Closing, ClosingState
from retention.holds import coverage
from retention.sweeps.models import Doom
from workspaces.connectors.models import Connector, ConnectorGrant
from workspaces.invitations.models import Invitation
from workspaces.jobs.models import OPEN_STATES, Job
from workspaces.keys.models import ApiKey, ScimToken
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

_STORED = """
select '{kind}', count(*), count(*) filter (where {held}),
       coalesce(sum(c.byte_count), 0)::bigint
from {table} c where c.workspace_id = %(workspace)s
"""


@dataclass(frozen=True)
class Stored:
    """What of one kind is stored, deleted and expired included."""

    kind: str
    number: int
    held: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Ends:
    """What ends beside what is stored, in numbers."""

    members: int
    connectors: int
    grants: int
    api_keys: int
    scim_tokens: int
    invitations: int
    jobs: int
    streams: int
    exports: int


class NoSuchWorkspace(LookupError):
    """The open organization has no workspace of this id."""


def workspace_of(*, public_id: UUID) -> WorkspaceRef:
    """A workspace of the open organization; NoSuchWorkspace otherwise."""
    found = Workspace.objects.filter(public_id=public_id).first()
    if found is None:
        raise NoSuchWorkspace
    return tenants.workspace_in_scope(workspace_id=found.pk)


def stored(*, workspace: WorkspaceRef, at: datetime) -> list[Stored]:
    """What the open workspace stores, by kind; kinds without anything too."""
    statement = " union all ".join(
        _STORED.format(kind=kind.name, held=coverage.held(kind), table=kind.table)
        for kind in coverage.kinds()
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"workspace": workspace.id, "at": at})
        return [Stored(*row) for row in cursor.fetchall()]


def ends(*, workspace: WorkspaceRef, at: datetime) -> Ends:
    """What would end with the open workspace."""
    here = {"workspace_id": workspace.id}
    return Ends(
        members=Membership.objects.filter(status=MembershipStatus.ACTIVE).count(),
        connectors=Connector.objects.filter(deleted_at__isnull=True).count(),
        grants=ConnectorGrant.objects.filter(ended_at__isnull=True).count(),
        api_keys=ApiKey.objects.filter(
            revoked_at__isnull=True, expires_at__gt=at, **here
        ).count(),
        scim_tokens=ScimToken.objects.filter(slot__isnull=False).count(),
        invitations=Invitation.objects.filter(
            accepted_at__isnull=True, revoked_at__isnull=True
        ).count(),
        jobs=Job.objects.filter(state__in=OPEN_STATES, **here).count(),
        streams=len(streams.listed(workspace=workspace.public_id)),
        exports=AuditExport.objects.filter(workspace=workspace.public_id).count(),
    )


def newest() -> Closing | None:
    """The closing of the open workspace that counts, if one was asked for."""
    return Closing.objects.exclude(state=ClosingState.UNDONE).first()


def key_destroyed_at(*, workspace: WorkspaceRef) -> datetime | None:
    """When the key of the open workspace was destroyed; None where it was not."""
    key = Workspace.objects.values_list("key_id", flat=True).get(pk=workspace.id)
    doom = Doom.objects.filter(kind="key", object_id=key).first()
    return doom.destroyed_at if doom else None


def reason_of(*, closing: Closing) -> str:
    """Why it was asked for, in clear."""
    return open_sealed(
        bytes(closing.reason),
        key=tenants.organization_key(),
        aad=binding(table="retention_closing", row=closing.public_id, column="reason"),
    ).decode()
