"""An identity provider that speaks SCIM to the site, as a test drives it."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

from workspaces.tenancy.selectors import WorkspaceRef

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


@dataclass
class Provider:
    """Sends requests with a token; `agent` is what it calls itself."""

    where: WorkspaceRef
    token: str
    agent: str = "provider/1.0"
    client: Client = field(default_factory=Client)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        content_type: str = "application/scim+json",
        **headers: str,
    ) -> HttpResponse:
        data = raw if raw is not None else b""
        if body is not None:
            data = json.dumps(body).encode()
        named = {"Authorization": f"Bearer {self.token}", "User-Agent": self.agent}
        if not self.token:
            del named["Authorization"]
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            f"/scim/v2/{self.where.public_id}{path}",
            data,
            content_type=content_type if data else "",
            headers=named,
        )

    def get(self, path: str, **headers: str) -> Any:
        answer = self.send("GET", path, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def find(self, kind: str, text: str) -> list[Any]:
        query = Query(filter=text)
        found = self.get(f"/{kind}?{query}")
        assert found["totalResults"] == len(found.get("Resources", []))
        resources: list[Any] = found.get("Resources", [])
        return resources

    def user(self, address: str, **attributes: Any) -> Any:
        """Create a user by their address."""
        answer = self.send(
            "POST",
            "/Users",
            {
                "schemas": [USER],
                "userName": address,
                "emails": [{"value": address, "type": "work", "primary": True}],
                "active": True,
                **attributes,
            },
        )
        assert answer.status_code == 201, answer.content
        return answer.json()

    def group(self, title: str, *members: str, **attributes: Any) -> Any:
        answer = self.send(
            "POST",
            "/Groups",
            {
                "schemas": [GROUP],
                "displayName": title,
                "members": [{"value": one} for one in members],
                **attributes,
            },
        )
        assert answer.status_code == 201, answer.content
        return answer.json()

    def patch(self, path: str, *operations: Any, **headers: str) -> HttpResponse:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.send("PATCH", path, body, **headers)

    def members(self, group: str) -> set[str]:
        found = self.get(f"/Groups/{group}")
        return {one["value"] for one in found.get("members", [])}


def Query(**parameters: str) -> str:  # noqa: N802 -- reads as a value
    from urllib.parse import urlencode

    return urlencode(parameters)
