"""Reads the schema of an action (OpenAPI, as JSON): which hosts would it call?

Servers may stand at the root, at a path and at an operation, and a sign-in of the
action has addresses of its own: all of them count. What a reader elsewhere would fetch
or fill in later (references to other files, variables in a server's address) is
refused, since nobody could say beforehand where it leads; so is what two readers
could read in two ways (a name that stands twice, the older form with its own hosts).
"""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.gpts import hosts

LONGEST_SCHEMA = 100_000
MOST_HOSTS = 20
_SIGN_IN = ("authorizationUrl", "tokenUrl", "refreshUrl", "openIdConnectUrl")


class BadSchema(Refused):
    """The text is no schema of an action."""

    status = 422


def hosts_of(text: str) -> tuple[str, ...]:
    """The hosts of a schema in one spelling, each once; else BadSchema or BadHost."""
    if len(text) > LONGEST_SCHEMA:
        raise BadSchema(_("The schema is longer than %d characters.") % LONGEST_SCHEMA)
    try:
        document = json.loads(text, object_pairs_hook=_named_once)
    except (ValueError, RecursionError):
        raise BadSchema(
            _("The schema is not JSON, or names something twice. Convert YAML first.")
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise BadSchema(_("The schema is no OpenAPI document: it has no paths."))
    if not str(document.get("openapi", "")).startswith("3."):
        raise BadSchema(_("The schema has to be of OpenAPI 3."))
    _demand_paths(document["paths"])
    found = tuple(dict.fromkeys(hosts.host_of(url) for url in _addresses(document)))
    if not found:
        raise BadSchema(_("The schema names no server that the action would call."))
    if len(found) > MOST_HOSTS:
        raise BadSchema(_("The schema names more than %d hosts.") % MOST_HOSTS)
    return found


def _addresses(document: dict[str, Any]) -> Iterator[str]:
    """Every address anywhere in the document; no recursion, however deep it is."""
    waiting: list[Any] = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        if not isinstance(one, dict):
            continue
        _demand_local(one.get("$ref"))
        _demand_local(one.get("operationRef"))
        yield from _servers(one.get("servers"))
        yield from _server_of_link(one.get("server"))
        yield from (one[name] for name in _SIGN_IN if isinstance(one.get(name), str))
        waiting.extend(one.values())


def _servers(servers: Any) -> Iterator[str]:
    for server in servers if isinstance(servers, list) else ():
        url = server.get("url") if isinstance(server, dict) else None
        if not isinstance(url, str):
            raise BadSchema(_("A server of the schema has no address."))
        if "{" in url:
            raise BadSchema(_("A server's address holds variables: write it in full."))
        yield url


def _server_of_link(server: Any) -> Iterator[str]:
    is_one = isinstance(server, dict) and isinstance(server.get("url"), str)
    return _servers([server] if is_one else None)


def _demand_paths(paths: dict[str, Any]) -> None:
    """A path is put behind a server's address, and must not change its host."""
    for path in paths:
        is_path = path.startswith("/") and path[1:2] not in {"/", "\\"}
        if not is_path and not path.startswith("x-"):
            raise BadSchema(_("A path of the schema has to begin with one “/”."))


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("Something is named twice.")
    return found


def _demand_local(reference: Any) -> None:
    if isinstance(reference, str) and not reference.startswith("#"):
        raise BadSchema(_("The schema refers to another file: put it in here."))
