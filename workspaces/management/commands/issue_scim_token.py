"""Gives the identity provider of a workspace a SCIM token."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.keys import rules
from workspaces.keys.models import TokenScope
from workspaces.keys.services import scim_tokens
from workspaces.tenancy import selectors as tenants


class Command(JsonCommand):
    """issue_scim_token --workspace [--expires-days] [--idempotency-key]"""

    help = "Issue a SCIM token of a workspace; it is shown once."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="its slug")
        parser.add_argument("--expires-days", type=int, default=rules.USUAL_TOKEN_DAYS)
        parser.add_argument(
            "--scope",
            default=TokenScope.USERS_AND_GROUPS.value,
            help=", ".join(TokenScope.values),
        )
        parser.add_argument("--networks", default="", help="192.0.2.0/24,…")
        parser.add_argument(
            "--idempotency-key",
            default="",
            help="repeating the command with it issues nothing new",
        )

    def act(self, *args: Any, at: datetime, **options: Any) -> Result:  # noqa: ARG002
        workspace = tenants.workspace_by_slug(slug=options["workspace"])
        issued = scim_tokens.issue(
            actor=Actor.operator(),
            workspace=workspace,
            days=options["expires_days"],
            scope=options["scope"],
            allowed_networks=[one for one in options["networks"].split(",") if one],
            idempotency_key=options["idempotency_key"],
            at=at,
        )
        result = {
            "base_url": f"{settings.CUSTOS_BASE_URL}/scim/v2/{workspace.public_id}",
            "token": issued.secret,
        }
        if issued.secret is None:
            self.note(
                _(
                    "This token was issued before and cannot be shown again: revoke "
                    "it and issue another one with another idempotency key."
                )
            )
        return result
