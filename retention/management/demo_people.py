"""Gives the demo people who may still come: invitations and a request to join."""

from datetime import datetime, timedelta

from kit import scoping
from kit.actor import Actor
from workspaces.invitations import services as invitations
from workspaces.invitations.models import Invitation
from workspaces.joining import services as joining
from workspaces.members import services as members
from workspaces.tenancy.selectors import WorkspaceRef

_LONG_AGO = timedelta(days=20)
_INVITED = (
    ("selma.aune@partners.example", "member", "chat", timedelta(days=2)),
    ("quinn.zabriskie@halden.example", "analytics_viewer", "code", timedelta(days=1)),
    ("greta.moe@partners.example", "member", "chat", _LONG_AGO),
)
_REVOKED = "old.contractor@partners.example"
_ASKS = ("yrsa.quist@halden.example", "Yrsa Quist")


def seed(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> None:
    """Makes them once; what a visitor has changed since stays as it is."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        if not Invitation.objects.exists():
            _invite(actor, workspace, at)
            _ask(actor, workspace, at)


def _invite(actor: Actor, workspace: WorkspaceRef, at: datetime) -> None:
    for email, role, seat, before in _INVITED:
        invitations.invite(
            actor=actor,
            workspace=workspace,
            email=email,
            role=role,
            seat=seat,
            at=at - before,
        )
    row = invitations.invite(
        actor=actor, workspace=workspace, email=_REVOKED, role="member", at=at
    )
    invitations.revoke(
        actor=actor, workspace=workspace, invitation=row.public_id, at=at
    )


def _ask(actor: Actor, workspace: WorkspaceRef, at: datetime) -> None:
    joining.switch(actor=actor, workspace=workspace, takes_requests=True, at=at)
    email, name = _ASKS
    joining.ask(
        actor=actor,
        organization_id=workspace.organization.id,
        place=workspace.public_id,
        user=members.ensure_person(email=email, name=name, at=at),
        at=at,
    )
