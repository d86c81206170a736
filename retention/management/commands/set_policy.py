"""Sets the retention policy of a workspace."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from kit import scoping
from kit.actor import Actor
from kit.commands import JsonCommand, Result
from retention.policies import previews, selectors, services
from retention.policies.models import Policy
from retention.policies.services import NothingWouldChange
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug


class Command(JsonCommand):
    """The command of the contract."""

    help = "Set how many days a workspace keeps conversations."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True)
        parser.add_argument("--days", type=int, required=True)
        parser.add_argument("--undo-days", type=int)
        parser.add_argument("--override", action="store_true", help="skip the grace")
        parser.add_argument("--reason", default="")

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        found = workspace_by_slug(slug=options["workspace"])
        with scoping.workspace(
            workspace_id=found.id, organization_id=found.organization.id
        ):
            preview = previews.preview(
                workspace=found,
                days=options["days"],
                undo_days=options["undo_days"],
                override=options["override"],
                at=at,
            )
        try:
            policy = services.set_policy(
                actor=Actor.operator(),
                workspace=found,
                days=options["days"],
                undo_days=options["undo_days"],
                override=options["override"],
                announced=preview.by_week,
                reason=options["reason"],
                at=at,
            )
        except NothingWouldChange:
            policy = _newest(found)
        return {
            "id": policy.public_id,
            "version": policy.version,
            "in_force_at": policy.in_force_at,
            "preview": {
                "conversations": preview.conversations,
                "messages": preview.messages,
                "files": preview.files,
                "bytes": preview.bytes,
                "held": preview.held,
            },
        }


def _newest(workspace: WorkspaceRef) -> Policy:
    """Creating what exists returns it."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        return selectors.versions_of(workspace=workspace)[0]
