"""Lets a person into a workspace; who is in under that role is returned as they are."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.members import services
from workspaces.roles.matrix import Role
from workspaces.tenancy import selectors


class Command(JsonCommand):
    """add_member --workspace --email --role"""

    help = "Let a person into a workspace."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="slug")
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--role", required=True, help=", ".join(role.value for role in Role)
        )

    def act(
        self, *, at: datetime, workspace: str, email: str, role: str, **_: Any
    ) -> Result:
        member = services.add(
            actor=Actor.operator(),
            workspace=selectors.workspace_by_slug(slug=workspace),
            email=email,
            role=role,
            at=at,
        )
        return {"id": member.public_id}
