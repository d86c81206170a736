"""Releases a legal hold, found by its id alone."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from uuid import UUID

from kit import scoping
from kit.actor import Actor
from kit.commands import JsonCommand, Result
from retention.holds import counting, selectors, services


class Command(JsonCommand):
    """The command of the contract."""

    help = "Release a hold; what it covered follows its policy again."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", help="refuse unless the hold is one of it")
        parser.add_argument("--hold", required=True, type=UUID)
        parser.add_argument("--override", action="store_true")
        parser.add_argument("--reason", default="")

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        found = selectors.workspace_of(
            hold=options["hold"], expected=options["workspace"]
        )
        with scoping.workspace(
            workspace_id=found.id, organization_id=found.organization.id
        ):
            released = services.release(
                actor=Actor.operator(),
                workspace=found,
                hold=selectors.hold_by_public_id(public_id=options["hold"]),
                reason=options["reason"],
                override=options["override"],
                at=at,
            )
            return {
                "id": released.public_id,
                "covered": counting.covered(hold=released),
            }
