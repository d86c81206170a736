"""Provisioning through the whole stack: a large directory, and one member of a group.

Everything goes through the middleware, the token, the core and the audit log, as a
provider's requests do; only the network is missing.
"""

import json
import statistics
import time
from datetime import UTC, datetime
from typing import Any

from bench.ground import Ground

USERS = 5_000
GROUPS = 50
GROUP_SIZE = 1_000
LARGE, SMALL = 10_000, 10
PASSES = 60
_DOMAIN = "provisioned.example"


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """Rates of provisioning, and what a member costs in a large and a small group."""
    provider = _Provider()
    began = time.perf_counter()
    users = [provider.user(number) for number in range(USERS)]
    users_seconds = time.perf_counter() - began
    began = time.perf_counter()
    for number in range(GROUPS):
        first = number * (USERS - GROUP_SIZE) // GROUPS
        provider.group(f"Group {number}", users[first : first + GROUP_SIZE])
    groups_seconds = time.perf_counter() - began
    large, small = _one_member(provider, users)
    return {
        "scim_users": _rate(USERS / users_seconds, f"users/s, {USERS:,} of them"),
        "scim_group_members": _rate(
            GROUPS * GROUP_SIZE / groups_seconds,
            f"members/s, {GROUPS} groups of {GROUP_SIZE:,}",
        ),
        "scim_member_patch_large_vs_small": {
            "ratio": round(large / small, 3),
            "ours": round(large * 1000, 2),
            "reference": round(small * 1000, 2),
            "unit": f"ms a PATCH, groups of {LARGE:,} and {SMALL} (goal 1.5 at most)",
        },
    }


def _one_member(provider: "_Provider", users: list[str]) -> tuple[float, float]:
    """Median seconds of adding and of removing one member, the groups in turn."""
    groups = {
        size: provider.group(f"Of {size}", users[:SMALL]) for size in (LARGE, SMALL)
    }
    _fill(groups[LARGE], LARGE - SMALL)
    someone = users[-1]
    taken: dict[int, list[float]] = {size: [] for size in groups}
    add = {"op": "Add", "path": "members", "value": [{"value": someone}]}
    remove = {"op": "Remove", "path": "members", "value": [{"value": someone}]}
    for _pass in range(PASSES):
        for size, group in groups.items():
            for operation in (add, remove):
                began = time.perf_counter()
                provider.patch(group, operation)
                taken[size].append(time.perf_counter() - began)
    return statistics.median(taken[LARGE]), statistics.median(taken[SMALL])


def _fill(group: str, number: int) -> None:
    """Put people into a group past the services, who cost a PATCH as much as others."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "insert into workspaces_groupmember"
            " (workspace_id, group_id, subject, display)"
            " select workspace_id, group_id, gen_random_uuid(), ''"
            " from workspaces_scimresource, generate_series(1, %s)"
            " where public_id = %s",
            [number, group],
        )
        cursor.execute("analyze workspaces_groupmember, workspaces_scimresource")


def _rate(rate: float, unit: str) -> dict[str, Any]:
    return {"ratio": None, "ours": round(rate), "reference": None, "unit": unit}


class _Provider:
    """An identity provider in this process."""

    def __init__(self) -> None:
        from django.test import Client

        self._base, self._token = _workspace()
        self._client = Client(SERVER_NAME="127.0.0.1")

    def user(self, number: int) -> str:
        address = f"person-{number}@{_DOMAIN}"
        made = self._send(
            "POST",
            "/Users",
            {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": address,
                "externalId": f"e{number}",
                "active": True,
                "name": {"givenName": "Person", "familyName": str(number)},
                "emails": [{"value": address, "type": "work", "primary": True}],
            },
        )
        return str(made["id"])

    def group(self, name: str, members: list[str]) -> str:
        made = self._send("POST", "/Groups", {"displayName": name})
        group = str(made["id"])
        for first in range(0, len(members), GROUP_SIZE):
            chunk = [{"value": one} for one in members[first : first + GROUP_SIZE]]
            self.patch(group, {"op": "add", "path": "members", "value": chunk})
        return group

    def patch(self, group: str, operation: dict[str, Any]) -> None:
        self._send("PATCH", f"/Groups/{group}", {"Operations": [operation]})

    def _send(self, method: str, path: str, body: Any) -> Any:
        answer = self._client.generic(
            method,
            f"{self._base}{path}",
            json.dumps(body),
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self._token}"},
        )
        if answer.status_code not in {200, 201, 204}:
            raise RuntimeError(f"{method} {path}: {answer.status_code}")
        return json.loads(answer.content) if answer.content else None


def _workspace() -> tuple[str, str]:
    from kit.actor import Actor
    from workspaces.keys.services import scim_tokens
    from workspaces.members.services import founding
    from workspaces.signin.services import domains

    actor, at = Actor.operator(), datetime.now(tz=UTC)
    organization = founding.create_organization(
        actor=actor,
        slug="scim-bench",
        name="SCIM bench",
        owner_email=f"owner@{_DOMAIN}",
        at=at,
    )
    workspace = founding.create_workspace(
        actor=actor,
        organization=organization,
        slug="scim-bench",
        name="SCIM bench",
        plan="enterprise",
        at=at,
    )
    domains.verify(
        actor=actor,
        organization=organization,
        domain=_DOMAIN,
        attested_by="bench",
        at=at,
    )
    issued = scim_tokens.issue(actor=actor, workspace=workspace, at=at)
    return f"/scim/v2/{workspace.public_id}", issued.secret or ""
