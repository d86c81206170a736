"""Finds out where an app takes OAuth 2.0 requests, from what it publishes itself.

RFC 9728 leads from an MCP server to its authorization server, RFC 8414 (or OpenID
Connect Discovery, its elder) from an issuer to its endpoints. Both documents must name
the very address that was asked: otherwise anybody could speak for anybody.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.utils.translation import gettext as _

from kit.outbound import OutboundFailed, OutboundRefused
from kit.refusals import Refused
from workspaces.connectors import oauth, rules
from workspaces.connectors.catalogue import Endpoints
from workspaces.connectors.controls import ClientAuth


class CannotDiscover(Refused):
    """What was published cannot be found or used."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an app publishes about its sign-in."""

    endpoints: Endpoints
    scopes: tuple[str, ...]


def of_mcp_server(url: str) -> Found:
    """The sign-in of an MCP server, by its address."""
    document = _first_of([_well_known(url, "oauth-protected-resource")], what=url)
    if document.get("resource", "").rstrip("/") != url.rstrip("/"):
        raise CannotDiscover(
            _("The server says that it is another one than the one you named.")
        )
    servers = document.get("authorization_servers")
    if not isinstance(servers, list) or not servers or not isinstance(servers[0], str):
        raise CannotDiscover(_("The server names no authorization server."))
    found = of_issuer(servers[0])
    scopes = _words(document.get("scopes_supported")) or found.scopes
    endpoints = Endpoints(**{**vars(found.endpoints), "resource": document["resource"]})
    return Found(endpoints=endpoints, scopes=scopes)


def of_issuer(issuer: str) -> Found:
    """The endpoints of an authorization server, by its issuer."""
    document = _first_of(
        [
            _well_known(issuer, "oauth-authorization-server"),
            issuer.rstrip("/") + "/.well-known/openid-configuration",
        ],
        what=issuer,
    )
    if document.get("issuer", "").rstrip("/") != issuer.rstrip("/"):
        raise CannotDiscover(
            _("The authorization server says that it is another one: “%s”.")
            % str(document.get("issuer", ""))[:200]
        )
    if "S256" not in _words(document.get("code_challenge_methods_supported")):
        raise CannotDiscover(
            _("The authorization server does not promise PKCE with S256.")
        )
    places = {
        name: _address(document, field, is_needed=is_needed)
        for name, field, is_needed in _PLACES
    }
    return Found(
        endpoints=Endpoints(
            **places,
            issuer=document["issuer"],
            sends_issuer=document.get("authorization_response_iss_parameter_supported")
            is True,
            client_auths=_client_auths(document),
        ),
        scopes=_words(document.get("scopes_supported")),
    )


_PLACES = (
    ("authorize", "authorization_endpoint", True),
    ("token", "token_endpoint", True),
    ("revoke", "revocation_endpoint", False),
    ("account", "userinfo_endpoint", False),
)


def _client_auths(document: dict[str, Any]) -> tuple[str, ...]:
    told = _words(document.get("token_endpoint_auth_methods_supported"))
    known = {one.value for one in ClientAuth}
    # RFC 8414: an absent list means client_secret_basic.
    return tuple(one for one in told if one in known) or (ClientAuth.BASIC.value,)


def _address(document: dict[str, Any], field: str, *, is_needed: bool) -> str:
    url = document.get(field, "")
    if not url and not is_needed:
        return ""
    if not isinstance(url, str) or not rules.is_address(
        url, allow_http=oauth.may_use_http()
    ):
        raise CannotDiscover(
            _("The authorization server names no usable “%s”.") % field
        )
    return url


def _first_of(urls: list[str], *, what: str) -> dict[str, Any]:
    if not rules.is_address(what, allow_http=oauth.may_use_http()):
        raise CannotDiscover(_("Give an address that begins with https://."))
    for url in urls:
        document = _document(url)
        if document is not None:
            return document
    raise CannotDiscover(
        _("%s publishes nothing about its sign-in.") % urlsplit(what).hostname
    )


def _document(url: str) -> dict[str, Any] | None:
    try:
        answer = oauth.wire().get(url, headers={"Accept": "application/json"})
    except (OutboundFailed, OutboundRefused) as error:
        raise CannotDiscover(_("It cannot be asked: %s") % str(error)) from None
    if answer.status != 200:
        return None
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    told = ("issuer", "resource")
    return found if all(isinstance(found.get(n, ""), str) for n in told) else None


def _well_known(url: str, name: str) -> str:
    """RFC 8414 3: the well-known part stands before the path of the address."""
    parts = urlsplit(url)
    path = f"/.well-known/{name}{parts.path.rstrip('/')}"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(one for one in value if isinstance(one, str) and 0 < len(one) <= 200)
