"""Asks the decision API beside a journey, as the chat front end of a workspace does."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.request import Request, urlopen

from tests.journeys.standing import Site


def may(
    site: Site,
    person: str,
    action: str,
    resource: tuple[str, str],
    properties: Mapping[str, str] | None = None,
) -> bool:
    """Whether Halden Engineering's member may do that to a resource (type and id)."""
    kind, name = resource
    body = {
        "subject": {"type": "user", "id": person},
        "action": {"name": action, "properties": dict(properties or {})},
        "resource": {"type": kind, "id": name},
    }
    request = Request(
        f"{site.url}/access/v1/evaluation",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {_key(site)}",
            "Content-Type": "application/json",
        },
    )
    with urlopen(request) as answer:
        return bool(json.load(answer)["decision"])


def _key(site: Site) -> str:
    words = ("--workspace", "halden-engineering", "--scopes", "decisions.ask")
    issued: dict[str, Any] = site.command("issue_api_key", *words)
    return str(issued["key"])
