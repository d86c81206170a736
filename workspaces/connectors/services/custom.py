"""Adds a connector that no catalogue lists: an MCP server, or any app with OAuth 2.0.

It begins turned off and stays flagged as unverified: its addresses come from whoever
runs it, and Custos only checks that they name each other.
"""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.connectors import discovery, oauth, rules
from workspaces.connectors.catalogue import Action, Endpoints
from workspaces.connectors.controls import Kind
from workspaces.connectors.models import Connector
from workspaces.connectors.services.settings import BadSetting, sealed_secret
from workspaces.connectors.setups import Setup, client_auth_for, of_row
from workspaces.tenancy.selectors import WorkspaceRef

_PREFIX = "custom-"
_MOST = 100
_NAME = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,99}", re.IGNORECASE)
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")  # RFC 6749 3.3


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A custom connector as somebody describes it.

    `address` is that of an MCP server, or the issuer of an app that publishes its
    endpoints; `endpoints` are typed where neither is there.
    """

    name: str
    kind: Kind
    address: str = ""
    endpoints: Endpoints | None = None
    scopes: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    client_id: str = ""
    secret: str = ""


def add(*, actor: Actor, workspace: WorkspaceRef, asked: Asked, at: datetime) -> Setup:
    """Store the connector, turned off, with what its app publishes about itself."""
    actor.require(Permission.CONNECTORS_MANAGE)
    slug = _slug(asked.name)
    _demand_usable(asked)
    found = _found(asked)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        if Connector.objects.filter(slug=slug).exists():
            raise BadSetting(_("A connector of this workspace has that name already."))
        places = asdict(found.endpoints)
        places["client_auths"] = list(found.endpoints.client_auths)
        row = Connector(
            workspace_id=workspace.id,
            slug=slug,
            kind=asked.kind,
            name=asked.name.strip(),
            endpoints=places,
            scopes=list(asked.scopes or found.scopes)[:_MOST],
            actions=[_stored(one) for one in asked.actions],
            client_id=asked.client_id,
            client_auth=client_auth_for(found.endpoints, has_secret=bool(asked.secret)),
            created_at=at,
            changed_at=at,
        )
        row.sealed_secret = sealed_secret(row, asked.secret)
        row.save(force_insert=True)
        recording.record(
            actor=actor,
            action="workspaces.connector.added",
            target=Target(kind="connector", id=row.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            details={
                "connector": slug,
                "kind": asked.kind.value,
                "endpoints": places,
                "scopes": list(row.scopes),
                "actions": list(row.actions),
            },
        )
        return of_row(row)


def _slug(name: str) -> str:
    short = slugify(name)[:50].strip("-")
    if not short or not short.isascii():
        raise BadSetting(_("Give a name with letters or digits, such as “Wiki”."))
    return f"{_PREFIX}{short}".replace("_", "-").strip("-")


def _demand_usable(asked: Asked) -> None:
    if len(asked.actions) > _MOST or len(asked.scopes) > _MOST:
        raise BadSetting(_("At most %d actions and scopes can be listed.") % _MOST)
    names = [one.name for one in asked.actions]
    if len(set(names)) != len(names):
        raise BadSetting(_("Two actions have the same name."))
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadSetting(_("“%s” cannot be the name of an action.") % name[:100])
    if not all(_SCOPE.fullmatch(one) for one in asked.scopes):
        raise BadSetting(_("A scope has characters that scopes do not have."))


def _found(asked: Asked) -> discovery.Found:
    if asked.endpoints is None:
        read = (
            discovery.of_mcp_server if asked.kind is Kind.MCP else discovery.of_issuer
        )
        return read(asked.address)
    typed = asked.endpoints
    for url in (typed.authorize, typed.token, typed.revoke, typed.account):
        is_good = rules.is_address(url, allow_http=oauth.may_use_http())
        if (url or url == typed.authorize or url == typed.token) and not is_good:
            raise BadSetting(_("Give addresses that begin with https://."))
    return discovery.Found(endpoints=typed, scopes=())


def _stored(action: Action) -> dict[str, Any]:
    return {
        "name": action.name,
        "access": action.access.value,
        "is_important": action.is_important,
    }
