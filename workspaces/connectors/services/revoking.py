"""Revokes ended grants at their source (RFC 7009), each held by a lease.

A claim is one short transaction and the call is made outside of any, so that a slow
server holds no row. A worker that stalls past its lease finds a higher fence when it
wants to write, and leaves the row to the other one; an app may therefore be asked twice
for the same grant, which revocation allows. The tokens are forgotten when the source
has been told, or when it has failed for days.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from workspaces.connectors import oauth, rules, sealing, selectors
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.oauth import App
from workspaces.connectors.services import cutting
from workspaces.members.models import Membership
from workspaces.tenancy.models import Workspace

Clock = Callable[[], datetime]
_REVOKER = Actor.system("connectors")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Due:
    """An ended grant whose source has not been told."""

    id: int
    workspace_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class _Claim:
    """A grant in the hands of this worker."""

    id: int
    connector_id: int
    fence: int
    tries: int
    app: App
    tokens: dict[str, str]


def make_due(*, clock: Clock, limit: int = 50) -> int:
    """Revoke up to `limit` grants that are due; returns how many were."""
    due = _due(at=clock(), limit=limit)
    return one_by_one(due, lambda one: _revoked(one, clock), what="grant")


def make_one(
    *, grant: UUID, workspace_id: int, organization_id: int, clock: Clock
) -> bool:
    """Revoke one grant now; whether its source has been told."""
    with _scope(workspace_id, organization_id):
        row = ConnectorGrant.objects.filter(public_id=grant).first()
    if row is None or row.revoke_due_at is None:
        return True
    due = Due(id=row.pk, workspace_id=workspace_id, organization_id=organization_id)
    return bool(_revoked(due, clock, waits=False))


def _due(*, at: datetime, limit: int) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_connector_ends(%s, %s)", [at, limit])
        return [
            Due(id=row[0], workspace_id=row[1], organization_id=row[2])
            for row in cursor.fetchall()
        ]


def _revoked(due: Due, clock: Clock, *, waits: bool = True) -> int:
    claim = _claimed(due, at=clock() if waits else None)
    if claim is None:
        return 0
    try:
        oauth.revoke(claim.app, claim.tokens)
    except Exception as error:  # noqa: BLE001 -- one defect must not stop the others
        # The type only: the text of an error may hold what the server answered.
        _log.warning("revoking grant %s failed: %s", claim.id, type(error).__name__)
        _wait(due, claim, at=clock())
        return 0
    return _let_go(due, claim, told=True, at=clock())


def _claimed(due: Due, *, at: datetime | None) -> _Claim | None:
    with _scope(due.workspace_id, due.organization_id):
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
        is_due = Q(revoke_due_at__isnull=False)
        if at is not None:
            is_due = Q(revoke_due_at__lte=at)
        row = (
            ConnectorGrant.objects.filter(free, is_due, pk=due.id)
            .select_for_update(skip_locked=True)
            .first()
        )
        if row is None:
            return None
        ConnectorGrant.objects.filter(pk=row.pk).update(
            fence=F("fence") + 1,
            tries=F("tries") + 1,
            leased_until=Now() + rules.LEASE,
        )
        row.refresh_from_db()
        setup = selectors.by_id(ids=[row.connector_id])[row.connector_id]
        return _Claim(
            id=row.pk,
            connector_id=row.connector_id,
            fence=row.fence,
            tries=row.tries,
            app=selectors.app_of(setup),
            tokens=sealing.opened_tokens(
                row.sealed_tokens,
                workspace_id=row.workspace_id,
                grant=row.public_id,
            ),
        )


def _wait(due: Due, claim: _Claim, *, at: datetime) -> None:
    wait = rules.wait_after(claim.tries)
    if wait is None:
        _let_go(due, claim, told=False, at=at)
        return
    with _scope(due.workspace_id, due.organization_id):
        _held(claim).update(leased_until=None, revoke_due_at=at + wait)


def _let_go(due: Due, claim: _Claim, *, told: bool, at: datetime) -> int:
    with _scope(due.workspace_id, due.organization_id):
        ended: dict[str, Any] = {"revoked_at" if told else "given_up_at": at}
        number: int = _held(claim).update(
            leased_until=None, revoke_due_at=None, sealed_tokens=b"", **ended
        )
        if number:
            _record(due, claim, told=told, at=at)
            cutting.forget_client(connector_id=claim.connector_id)
        return number


def _held(claim: _Claim) -> Any:
    return ConnectorGrant.objects.filter(
        pk=claim.id, fence=claim.fence, revoke_due_at__isnull=False
    )


def _record(due: Due, claim: _Claim, *, told: bool, at: datetime) -> None:
    row = ConnectorGrant.objects.get(pk=claim.id)
    members = Membership.objects.values_list("public_id", flat=True)
    workspaces = Workspace.objects.values_list("public_id", flat=True)
    recording.record(
        actor=_REVOKER,
        action="workspaces.connector-grant.revoked",
        target=Target(kind="member", id=members.get(pk=row.membership_id)),
        organization_id=due.organization_id,
        workspace=workspaces.get(pk=due.workspace_id),
        at=at,
        outcome=Outcome.SUCCESS if told else Outcome.ERROR,
        details={"grant": str(row.public_id)},
    )


def _scope(
    workspace_id: int, organization_id: int
) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(workspace_id=workspace_id, organization_id=organization_id)
