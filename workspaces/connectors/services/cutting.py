"""Cuts grants: they stop working at once, and their source is told as soon as it can.

From the commit on the next use is refused. Revoking at the source is a call to another
server: the row says when it is due, and a worker makes it. An app that offers no
revocation is told nothing: its tokens are forgotten here in the same statement.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from audit import recording
from audit.recording import Target
from kit.actor import Actor
from kit.departures import Leaver
from workspaces.connectors import selectors
from workspaces.connectors.catalogue import Revocation
from workspaces.connectors.controls import Cause, End
from workspaces.connectors.models import Connector, ConnectorCut, ConnectorGrant
from workspaces.connectors.setups import Setup
from workspaces.tenancy.selectors import WorkspaceRef


def cut_grants(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    setup: Setup,
    grants: "QuerySet[ConnectorGrant]",
    at: datetime,
    cause: Cause = Cause.RESTRICTED,
) -> ConnectorCut | None:
    """Cut these grants of one connector; nothing to cut makes no receipt."""
    if not grants.exists():
        return None
    cut = _receipt(
        actor,
        workspace_id=workspace.id,
        connector=setup.row,
        cause=cause,
        at=at,
    )
    number = end(grants, setup=setup, why=End.CUT, cut=cut, at=at)
    _record(
        actor,
        cut,
        number,
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
    )
    return cut


@dataclass(frozen=True, kw_only=True)
class CutOfLeaver:
    """How many grants were cut, and those whose sources must be told."""

    number: int
    due: tuple[UUID, ...] = ()


def cut_of_leaver(*, actor: Actor, leaver: Leaver, at: datetime) -> CutOfLeaver:
    """Cut all that a member linked."""
    mine = ConnectorGrant.objects.filter(
        membership_id=leaver.membership_id, ended_at__isnull=True
    )
    linked = list(mine.values_list("connector_id", flat=True))
    if not linked:
        return CutOfLeaver(number=0)
    cut = _receipt(
        actor,
        workspace_id=leaver.workspace_id,
        connector=None,
        cause=Cause.MEMBER_LEFT,
        at=at,
    )
    number = sum(
        end(mine.filter(connector_id=pk), setup=setup, why=End.CUT, cut=cut, at=at)
        for pk, setup in selectors.by_id(ids=linked).items()
    )
    _record(
        actor,
        cut,
        number,
        organization_id=leaver.organization_id,
        workspace=leaver.workspace,
        at=at,
    )
    due = ConnectorGrant.objects.filter(cut_id=cut.pk, revoke_due_at__isnull=False)
    return CutOfLeaver(
        number=number,
        due=tuple(due.order_by("id").values_list("public_id", flat=True)),
    )


def end(
    grants: "QuerySet[ConnectorGrant]",
    *,
    setup: Setup,
    why: End,
    at: datetime,
    cut: ConnectorCut | None = None,
) -> int:
    """End these grants of one connector in one statement; how many."""
    ended = {"ended_at": at, "end": why.value, "cut": cut, "sealed_account": b""}
    if setup.revocation is Revocation.NONE:
        return grants.update(**ended, sealed_tokens=b"")
    return grants.update(**ended, revoke_due_at=at)


def forget_client(*, connector_id: int) -> None:
    """Forget a deleted connector's secret once no source must be told any more."""
    grants = ConnectorGrant.objects.filter(connector_id=connector_id)
    if grants.filter(revoke_due_at__isnull=False).exists():
        return
    Connector.objects.filter(pk=connector_id, deleted_at__isnull=False).update(
        sealed_secret=b""
    )


def _receipt(
    actor: Actor,
    *,
    workspace_id: int,
    connector: Connector | None,
    cause: Cause,
    at: datetime,
) -> ConnectorCut:
    return ConnectorCut.objects.create(
        workspace_id=workspace_id,
        connector=connector,
        cause=cause,
        requested_by=actor.id,
        cut_at=at,
    )


def _record(
    actor: Actor,
    cut: ConnectorCut,
    number: int,
    *,
    organization_id: int,
    workspace: UUID,
    at: datetime,
) -> None:
    connector = cut.connector
    recording.record(
        actor=actor,
        action="workspaces.connector.grants-cut",
        target=Target(kind="connector_receipt", id=cut.public_id),
        organization_id=organization_id,
        workspace=workspace,
        at=at,
        counts={"grants": number},
        details={
            "cause": cut.cause,
            "connector": connector.slug if connector else "every one of a member",
        },
    )
