"""Opens an organization whose people cannot sign in any more."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.signin.services import unlocking
from workspaces.tenancy.selectors import organization_by_slug


class Command(JsonCommand):
    """The command of the contract."""

    help = "Make single sign-on optional, from every network; mailed to the owners."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True)
        parser.add_argument("--override", action="store_true")
        parser.add_argument("--reason", default="")

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        found = organization_by_slug(slug=options["organization"])
        changed = unlocking.unlock(
            actor=Actor.operator(),
            organization=found,
            override=options["override"],
            reason=options["reason"],
            at=at,
        )
        return {"id": found.public_id, "workspaces": changed}
