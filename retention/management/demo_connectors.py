"""Sets some connectors of the demo up, so that its pages have something to say."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kit import scoping
from kit.actor import Actor
from workspaces.connectors import selectors, services
from workspaces.connectors.models import Connector
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

_REVIEW = timedelta(days=90)
_SETTINGS: dict[str, dict[str, Any]] = {
    "google-drive": {"action_control": "read_only", "risk": "medium"},
    "jira": {"ask": "important", "risk": "low"},
}


def seed(*, workspace: WorkspaceRef, owner: str, actor: Actor, at: datetime) -> None:
    """Turn two connectors on; what is there stays. The demo's roles let members."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        if Connector.objects.exists():
            return
        owner_id = Membership.objects.values_list("pk", flat=True).get(email=owner)
        for slug, settings in _SETTINGS.items():
            wanted = replace(
                services.wanted_of(selectors.one(connector=slug)),
                is_allowed=True,
                domains=(workspace.organization.slug + ".example",),
                owner_id=owner_id,
                review_on=(at + _REVIEW).date(),
                **settings,
            )
            services.change(
                actor=actor,
                workspace=workspace,
                connector=slug,
                wanted=wanted,
                at=at,
            )
