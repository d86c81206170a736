"""Tells who can be paged or given notice, and puts their mail in the outbox."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from kit import on_call, scoping
from kit.on_call import Reachable
from kit.permissions import Permission
from workspaces.members import selectors as members
from workspaces.members.models import Membership, MembershipStatus
from workspaces.notices import services
from workspaces.roles.matrix import ORGANIZATION_PERMISSIONS
from workspaces.tenancy.models import OrganizationRole, Workspace


def register() -> None:
    """Called once, when the app is ready."""
    on_call.register(_Desk())


class _Desk:
    """The owners and admins of an organization: its page of incidents opens to them."""

    def reachable(self, *, organization_id: int) -> Sequence[Reachable]:
        roles = [
            role
            for role, permissions in ORGANIZATION_PERMISSIONS.items()
            if Permission.INCIDENTS_VIEW in permissions
        ]
        with scoping.organization(organization_id=organization_id):
            people = members.administrators(roles=roles)
            owners = members.administrators(roles=[OrganizationRole.OWNER])
        known = {one.pk for one in owners}
        return [
            Reachable(person=one.public_id, email=one.email, is_owner=one.pk in known)
            for one in people
        ]

    def put(
        self, *, organization_id: int, email: str, subject: str, text: str, at: datetime
    ) -> None:
        services.put(
            organization_id=organization_id,
            kind="incident.page",
            email=email,
            subject=subject,
            text=text,
            at=at,
        )

    def audience(self, *, organization_id: int, workspace: UUID | None) -> int:
        if workspace is None:
            return len(self.reachable(organization_id=organization_id))
        with self._open(organization_id, workspace):
            return _members().count()

    def give_notice(
        self,
        *,
        organization_id: int,
        workspace: UUID | None,
        subject: str,
        text: str,
        at: datetime,
    ) -> int:
        def put(emails: Iterable[str]) -> int:
            return services.put_all(
                organization_id=organization_id,
                kind="incident.notice",
                emails=emails,
                subject=subject,
                text=text,
                at=at,
            )

        if workspace is None:
            return put(
                one.email for one in self.reachable(organization_id=organization_id)
            )
        with self._open(organization_id, workspace):
            return put(_members().iterator(chunk_size=1_000))

    def _open(
        self, organization_id: int, workspace: UUID
    ) -> AbstractContextManager[object]:
        with scoping.organization(organization_id=organization_id):
            found = Workspace.objects.values_list("id", flat=True)
            workspace_id = found.get(public_id=workspace)
        return scoping.workspace(
            workspace_id=workspace_id, organization_id=organization_id
        )


def _members() -> "QuerySet[Membership, str]":
    """The addresses of who is active in the open workspace."""
    active = Membership.objects.filter(status=MembershipStatus.ACTIVE)
    return active.order_by("id").values_list("email", flat=True)
