"""Places a legal hold on members and conversations; the same one in force returns."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from uuid import UUID

from kit import scoping
from kit.actor import Actor
from kit.commands import JsonCommand, Result
from retention.holds import counting, selectors, services
from workspaces.tenancy.selectors import workspace_by_slug


class Command(JsonCommand):
    """The command of the contract."""

    help = "Keep what members or conversations hold, whatever policies say."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True)
        parser.add_argument("--matter", required=True)
        parser.add_argument("--member", action="append", default=[], help="an address")
        parser.add_argument("--conversation", action="append", default=[], type=UUID)

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        found = workspace_by_slug(slug=options["workspace"])
        with scoping.workspace(
            workspace_id=found.id, organization_id=found.organization.id
        ):
            named = {
                "matter": options["matter"],
                "membership_ids": selectors.members_named(emails=options["member"]),
                "conversation_ids": selectors.conversations_named(
                    public_ids=options["conversation"]
                ),
            }
            hold = selectors.in_force_with(**named) or services.place(
                actor=Actor.operator(), workspace=found, at=at, **named
            )
            return {"id": hold.public_id, "covered": counting.covered(hold=hold)}
