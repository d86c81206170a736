"""Asks the decision API as a front end does, with a key of a workspace."""

import json
from typing import Any

from django.test import Client

from kit import clock
from tests.cast import NOON, OPERATOR
from workspaces.keys.services import api_keys
from workspaces.tenancy.selectors import WorkspaceRef

EVALUATION = "/access/v1/evaluation"
EVALUATIONS = "/access/v1/evaluations"
SEARCHES = {
    name: f"/access/v1/search/{name}" for name in ("subject", "resource", "action")
}


class FrontEnd:
    """A program that holds a key."""

    def __init__(self, where: WorkspaceRef, *scopes: str, **options: Any) -> None:
        options = {"actor": OPERATOR, "workspace": where, **options}
        issued = api_keys.issue(
            organization=where.organization,
            name="Front end",
            scopes=list(scopes) or ["decisions.ask"],
            at=NOON,
            **options,
        )
        self.secret = str(issued.secret)

    def post(self, url: str, body: Any, **headers: str) -> Any:
        """The answer to a body, which is sent as it is where it is text or bytes."""
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        with clock.fixed_at(NOON):
            return Client().post(
                url,
                sent,
                content_type=headers.pop("content_type", "application/json"),
                headers={"Authorization": f"Bearer {self.secret}", **headers},
            )

    def decides(self, *question: str, **properties: str) -> Any:
        """The decision about a member, an action, a type and an id."""
        answer = self.post(EVALUATION, asked(*question, **properties))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def may(self, *question: str, **properties: str) -> bool:
        """Its yes or no."""
        return bool(self.decides(*question, **properties)["decision"])

    def finds(self, search: str, body: dict[str, Any]) -> list[dict[str, str]]:
        """All that a search finds, over all of its pages."""
        found: list[dict[str, str]] = []
        page: dict[str, Any] = dict(body.pop("page", {}))
        while True:
            sent = {**body, "page": page} if page else body
            answer = self.post(SEARCHES[search], sent)
            assert answer.status_code == 200, answer.content
            found += answer.json()["results"]
            token = answer.json()["page"]["next_token"]
            if not token:
                return found
            page = {"token": token}


def asked(
    subject: str, action: str, kind: str, resource: str, **properties: str
) -> dict[str, Any]:
    """An evaluation."""
    return {
        "subject": {"type": "user", "id": subject},
        "action": {
            "name": action,
            **({"properties": properties} if properties else {}),
        },
        "resource": {"type": kind, "id": resource},
    }
