"""Creates an organization with its owner; the one that exists is returned."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.members import services


class Command(JsonCommand):
    """create_organization --slug --name --owner-email"""

    help = "Create an organization with its owner."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slug", required=True, help="its name in addresses")
        parser.add_argument("--name", required=True, help="its name on pages")
        parser.add_argument("--owner-email", required=True, help="its first owner")

    def act(
        self, *, at: datetime, slug: str, name: str, owner_email: str, **_: Any
    ) -> Result:
        made = services.create_organization(
            actor=Actor.operator(),
            slug=slug,
            name=name,
            owner_email=owner_email,
            at=at,
        )
        return {"id": made.public_id, "slug": made.slug}
