"""`/v1/manage/whoami`: a program asks what its key is and may do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Router, Schema

from workspaces.keys.authentication import Bearer
from workspaces.keys.selectors import PresentedKey

router = Router(tags=["manage"])


class Tenant(Schema):
    """An organization or a workspace."""

    id: UUID
    slug: str
    name: str


class WhoAmI(Schema):
    """A key, its tenant, and the scopes that are in force right now."""

    id: UUID
    name: str
    organization: Tenant
    workspace: Tenant | None
    scopes: list[str]
    owner: UUID | None
    expires_at: datetime


@router.get(
    "/whoami",
    auth=Bearer(),
    response=WhoAmI,
    summary="What this key is, and what it may do",
    description=(
        "Any key that works may ask. Scopes that its owner may no longer give are "
        "left out."
    ),
)
def whoami(request: Any) -> WhoAmI:
    """The key of the request."""
    caller: PresentedKey = request.caller
    return WhoAmI(
        id=caller.public_id,
        name=caller.name,
        organization=_tenant(caller.organization),
        workspace=_tenant(caller.workspace) if caller.workspace else None,
        scopes=sorted(caller.scopes),
        owner=caller.owner,
        expires_at=caller.expires_at,
    )


def _tenant(found: Any) -> Tenant:
    return Tenant(id=found.public_id, slug=found.slug, name=found.name)
