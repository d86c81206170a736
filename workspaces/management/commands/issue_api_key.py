"""Issues an API key of an organization or a workspace."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.keys import rules
from workspaces.keys.services import api_keys
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef


class Command(JsonCommand):
    """issue_api_key --organization|--workspace --scopes [--expires-days]"""

    help = "Issue an API key, which belongs to the operator; it is shown once."

    def options(self, parser: ArgumentParser) -> None:
        tenant = parser.add_mutually_exclusive_group(required=True)
        tenant.add_argument("--organization", help="its slug")
        tenant.add_argument("--workspace", help="its slug")
        parser.add_argument("--scopes", required=True, help="a,b or all")
        parser.add_argument("--name", default=_("Issued at the command line"))
        parser.add_argument("--expires-days", type=int, default=rules.USUAL_DAYS)
        parser.add_argument("--networks", default="", help="192.0.2.0/24,…")
        parser.add_argument(
            "--idempotency-key",
            default="",
            help="repeating the command with it issues nothing new",
        )

    def act(self, *args: Any, at: datetime, **options: Any) -> Result:  # noqa: ARG002
        organization, workspace = _tenant(options)
        issued = api_keys.issue(
            actor=Actor.operator(),
            organization=organization,
            workspace=workspace,
            name=options["name"],
            scopes=[one for one in options["scopes"].split(",") if one.strip()],
            days=options["expires_days"],
            allowed_networks=[one for one in options["networks"].split(",") if one],
            idempotency_key=options["idempotency_key"],
            at=at,
        )
        if issued.secret is None:
            self.note(
                _(
                    "This key was issued before and cannot be shown again: revoke it "
                    "and issue another one with another idempotency key."
                )
            )
        return {"id": issued.row.public_id, "key": issued.secret}


def _tenant(options: dict[str, Any]) -> tuple[OrganizationRef, WorkspaceRef | None]:
    if options["workspace"]:
        workspace = tenants.workspace_by_slug(slug=options["workspace"])
        return workspace.organization, workspace
    return tenants.organization_by_slug(slug=options["organization"]), None
