"""Adds a connector that no catalogue lists: an MCP server, or any app with OAuth 2.0.

It begins turned off and stays flagged as unverified: its addresses come from whoever
runs it, and Custos only checks that they name each other. They change only while no
grant depends on them, and our client's secret does not go along: what one server gave
is never shown to another.
"""

import re
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.connectors import discovery, oauth, rules, selectors
from workspaces.connectors.catalogue import Action, Endpoints
from workspaces.connectors.controls import Cause, Kind
from workspaces.connectors.models import (
    Connector,
    ConnectorCut,
    ConnectorGrant,
    LinkAttempt,
)
from workspaces.connectors.services import cutting
from workspaces.connectors.services.settings import (
    BadSetting,
    Changes,
    Preview,
    demand_no_grants,
    record,
    sealed_secret,
    stored,
)
from workspaces.connectors.setups import (
    Setup,
    client_auth_for,
    of_row,
    stored_action,
)
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
    with _open(workspace):
        if Connector.objects.filter(slug=slug, deleted_at__isnull=True).exists():
            raise BadSetting(_("A connector of this workspace has that name already."))
        places = _places(found.endpoints)
        row = Connector(
            workspace_id=workspace.id,
            slug=slug,
            kind=asked.kind,
            name=asked.name.strip(),
            endpoints=places,
            scopes=list(asked.scopes or found.scopes)[:_MOST],
            actions=[stored_action(one) for one in asked.actions],
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


def preview_edit(*, connector: str, asked: Asked) -> Preview:
    """What `edit` would do right now; the addresses are not asked."""
    setup = selectors.one(connector=connector)
    _demand_custom(setup)
    _demand_usable(asked)
    return Preview(
        changes=_edits(setup, asked), cuts=_losing(setup, asked.scopes).count()
    )


def edit(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    connector: str,
    asked: Asked,
    at: datetime,
) -> ConnectorCut | None:
    """Describe a custom connector anew; cuts grants with scopes that are gone."""
    actor.require(Permission.CONNECTORS_MANAGE)
    _demand_usable(asked)
    with _open(workspace):
        setup = selectors.one(connector=connector)
        _demand_custom(setup)
    moves = asked_address(setup) != _address(asked)
    found = _found(asked) if moves else None
    with _open(workspace):
        setup = stored(workspace, connector, at=at)
        changes, losing = _edits(setup, asked), _losing(setup, asked.scopes)
        if not changes:
            return None
        row = setup.row
        if found is not None:
            demand_no_grants(row)
            _move(row, found)
        published = found.scopes if found else ()
        row.name = asked.name.strip()
        row.scopes = list(asked.scopes or published)[:_MOST]
        row.actions = [stored_action(one) for one in asked.actions]
        row.changed_at = at
        row.save()
        record(actor, workspace, "edited", row, at=at, changes=changes)
        return cutting.cut_grants(
            actor=actor,
            workspace=workspace,
            setup=setup,
            grants=losing,
            at=at,
        )


def delete(
    *, actor: Actor, workspace: WorkspaceRef, connector: str, at: datetime
) -> ConnectorCut | None:
    """Cut all grants of a custom connector and delete it; the receipt, if any."""
    actor.require(Permission.CONNECTORS_MANAGE)
    with _open(workspace):
        setup = stored(workspace, connector, at=at)
        _demand_custom(setup)
        row = setup.row
        cut = cutting.cut_grants(
            actor=actor,
            workspace=workspace,
            setup=setup,
            grants=selectors.working(connector_id=row.pk),
            cause=Cause.DELETED,
            at=at,
        )
        LinkAttempt.objects.filter(connector_id=row.pk).delete()
        row.is_allowed, row.deleted_at, row.changed_at = False, at, at
        row.save(update_fields=["is_allowed", "deleted_at", "changed_at"])
        cutting.forget_client(connector_id=row.pk)
        gone = {"name": (row.name, None)}
        record(actor, workspace, "deleted", row, at=at, changes=gone)
        return cut


def asked_address(setup: Setup) -> "str | Endpoints":
    """By what the addresses of a custom connector were told: one, or all of them."""
    places = setup.endpoints
    if setup.kind is Kind.MCP:
        return places.resource
    if places.issuer:
        return places.issuer
    return Endpoints(
        authorize=places.authorize, token=places.token, revoke=places.revoke
    )


def _address(asked: Asked) -> "str | Endpoints":
    return asked.endpoints or asked.address


def _move(row: Connector, found: discovery.Found) -> None:
    """Another app: our client there is another one, too, or none yet."""
    row.endpoints = _places(found.endpoints)
    row.client_id, row.sealed_secret = "", b""
    row.client_auth = client_auth_for(found.endpoints, has_secret=False)
    row.is_allowed = False


def _edits(setup: Setup, asked: Asked) -> Changes:
    """What differs; another address takes our client along, and turns it off."""
    row, place = setup.row, asked_address(setup)
    pairs: dict[str, tuple[Any, Any]] = {
        "name": (row.name, asked.name.strip()),
        "address": (_plain(place), _plain(_address(asked))),
        "scopes": (list(row.scopes), list(asked.scopes)[:_MOST]),
        "actions": (list(row.actions), [stored_action(one) for one in asked.actions]),
    }
    if place != _address(asked):
        pairs["client_id"] = (row.client_id, "")
        pairs["is_allowed"] = (row.is_allowed, False)
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _losing(setup: Setup, scopes: tuple[str, ...]) -> "QuerySet[ConnectorGrant]":
    """The grants that hold a scope which is asked for no more."""
    gone = [one for one in setup.row.scopes if one not in scopes]
    mine = selectors.working(connector_id=setup.row.pk)
    return mine.filter(scopes__overlap=gone)


def _demand_custom(setup: Setup) -> None:
    if setup.is_verified:
        raise BadSetting(
            _("%s comes with Custos: it can be turned off, not changed or deleted.")
            % setup.label
        )


def _plain(place: "str | Endpoints") -> str:
    if isinstance(place, str):
        return place
    return " ".join(one for one in (place.authorize, place.token, place.revoke) if one)


def _places(found: Endpoints) -> dict[str, Any]:
    return {**asdict(found), "client_auths": list(found.client_auths)}


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


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
