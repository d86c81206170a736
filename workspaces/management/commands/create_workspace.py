"""Creates a workspace whose owners are the organization's; an existing one returns."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.members import services
from workspaces.tenancy import selectors
from workspaces.tenancy.plans import Plan


class Command(JsonCommand):
    """create_workspace --organization --slug --name --plan"""

    help = "Create a workspace; the organization's owner becomes its owner."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, help="slug")
        parser.add_argument("--slug", required=True, help="its name in addresses")
        parser.add_argument("--name", required=True, help="its name on pages")
        parser.add_argument(
            "--plan", required=True, help=", ".join(plan.value for plan in Plan)
        )

    def act(
        self,
        *,
        at: datetime,
        organization: str,
        slug: str,
        name: str,
        plan: str,
        **_: Any,
    ) -> Result:
        made = services.create_workspace(
            actor=Actor.operator(),
            organization=selectors.organization_by_slug(slug=organization),
            slug=slug,
            name=name,
            plan=plan,
            at=at,
        )
        return {"id": made.public_id, "slug": made.slug}
