"""Tells who of an organization can be paged, and puts their pages in the outbox."""

from collections.abc import Sequence
from datetime import datetime

from kit import on_call, scoping
from kit.on_call import Reachable
from kit.permissions import Permission
from workspaces.members import selectors as members
from workspaces.notices import services
from workspaces.roles.matrix import ORGANIZATION_PERMISSIONS


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
        return [Reachable(person=one.public_id, email=one.email) for one in people]

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
