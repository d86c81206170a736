"""A program is let in by its key alone, and told plainly what is missing."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory

from audit.log.models import AuditEntry
from kit import clock, scoping
from kit.permissions import Permission
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.keys import authentication
from workspaces.keys.authentication import ScopeIsMissing
from workspaces.keys.scopes import Scope
from workspaces.keys.services import api_keys
from workspaces.members import services as members
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

URL = "/v1/manage/whoami"


@pytest.fixture
def where() -> WorkspaceRef:
    cache.clear()
    return cast.workspace()


def issue(where: WorkspaceRef, **options: Any) -> api_keys.IssuedKey:
    options = {
        "actor": OPERATOR,
        "workspace": where,
        "name": "Nightly",
        "scopes": ["audit.read"],
        "at": NOON,
        **options,
    }
    return api_keys.issue(organization=where.organization, **options)


def ask(
    secret: object, *, at: datetime = NOON, client: Client | None = None, **more: Any
) -> Any:
    with clock.fixed_at(at):
        return (client or Client()).get(
            URL, headers={"Authorization": f"Bearer {secret}"}, **more
        )


def test_a_key_learns_what_it_is(where: WorkspaceRef) -> None:
    issued = issue(where, actor=cast.owner(where).actor)

    answer = ask(issued.secret)

    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(issued.row.public_id),
        "name": "Nightly",
        "organization": {
            "id": str(where.organization.public_id),
            "slug": "halden-instruments",
            "name": "Halden Instruments",
        },
        "workspace": {
            "id": str(where.public_id),
            "slug": "halden-engineering",
            "name": "Halden Engineering",
        },
        "scopes": ["audit.read"],
        "owner": str(cast.owner(where).user.public_id),
        "expires_at": "2026-05-31T12:00:00Z",
    }


def test_a_key_of_an_organization_has_no_workspace(where: WorkspaceRef) -> None:
    answer = ask(issue(where, workspace=None).secret)

    assert answer.json()["workspace"] is None


def test_whatever_is_wrong_with_a_key_looks_the_same(where: WorkspaceRef) -> None:
    tomasz = cast.admin(where)
    expired, revoked = issue(where, days=1), issue(where)
    left = issue(where, actor=tomasz.actor, scopes=["admin.read"])
    elsewhere = issue(where, allowed_networks=["192.0.2.0/24"])
    api_keys.revoke(
        actor=OPERATOR,
        organization=where.organization,
        workspace=where,
        key=revoked.row.public_id,
        at=NOON,
    )
    members.suspend(
        actor=OPERATOR, workspace=where, member=tomasz.membership.public_id, at=NOON
    )

    answers = [
        ask("custos_key_unknown"),
        ask("x" * 5000),
        ask("\u00ff"),
        ask(revoked.secret),
        ask(left.secret),
        ask(elsewhere.secret),
        ask(expired.secret, at=NOON + timedelta(days=1)),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[3]["WWW-Authenticate"] == (
        'Bearer realm="Custos", error="invalid_token"'
    )
    assert answers[0]["Content-Type"] == "application/problem+json"


def test_without_a_key_the_way_in_is_named(where: WorkspaceRef) -> None:
    answer = Client().get(URL)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="Custos"'
    assert "Authorization: Bearer" in answer.json()["detail"]


def test_a_key_counts_in_its_header_only(where: WorkspaceRef) -> None:
    secret = str(issue(where).secret)
    browser = cast.owner(where).client()
    browser.cookies["Authorization"] = f"Bearer {secret}"

    assert browser.get(URL).status_code == 401
    assert Client().get(URL, {"access_token": secret, "key": secret}).status_code == 401
    basic = Client().get(URL, headers={"Authorization": f"Basic {secret}"})
    assert basic.status_code == 401


@pytest.mark.parametrize(
    ("ip", "status"),
    [("192.0.2.7", 200), ("::ffff:192.0.2.7", 200), ("192.0.3.7", 401)],
)
def test_a_key_comes_from_its_networks(
    where: WorkspaceRef, ip: str, status: int
) -> None:
    issued = issue(where, allowed_networks=["192.0.2.0/24"])

    assert ask(issued.secret, REMOTE_ADDR=ip).status_code == status


@pytest.mark.parametrize(("ip", "status"), [("192.0.2.7", 200), ("192.0.3.7", 401)])
def test_and_from_those_of_the_organization(
    where: WorkspaceRef, ip: str, status: int
) -> None:
    issued = issue(where)
    with scoping.organization(organization_id=where.organization.id):
        Organization.objects.update(api_networks=["192.0.2.0/24"])

    assert ask(issued.secret, REMOTE_ADDR=ip).status_code == status


def test_a_program_in_a_loop_is_told_when_to_come_back(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issue(where), issue(where)
    request = RequestFactory().get(
        URL, headers={"Authorization": f"Bearer {first.secret}"}
    )
    for _number in range(3):
        authentication.caller_of(request, at=NOON, per_minute=3)

    with pytest.raises(authentication.TooManyRequests) as refused:
        authentication.caller_of(request, at=NOON + timedelta(seconds=20), per_minute=3)

    assert refused.value.headers == {"Retry-After": "40"}
    assert ask(second.secret).status_code == 200
    authentication.caller_of(request, at=NOON + timedelta(seconds=60), per_minute=3)


@pytest.mark.usefixtures("clock")
def test_strangers_are_limited_and_keys_are_not(where: WorkspaceRef) -> None:
    secret = issue(where).secret
    most = authentication.STRANGERS.most
    answers = [Client().get(URL) for _ in range(most + 1)]

    assert {one.status_code for one in answers[:most]} == {401}
    assert (answers[-1].status_code, answers[-1]["Retry-After"]) == (429, "1")
    assert ask(secret).status_code == 200


def test_a_missing_scope_is_named(where: WorkspaceRef) -> None:
    request = RequestFactory().get(
        URL, headers={"Authorization": f"bearer {issue(where).secret}"}
    )
    caller = authentication.caller_of(request, at=NOON)
    authentication.demand(caller, Scope.AUDIT_READ)

    with pytest.raises(ScopeIsMissing, match=r"compliance\.read") as refused:
        authentication.demand(caller, Scope.COMPLIANCE_READ)

    assert refused.value.status == 403
    assert 'scope="compliance.read"' in refused.value.headers["WWW-Authenticate"]


def test_a_key_acts_within_its_scopes(where: WorkspaceRef) -> None:
    request = RequestFactory().get(
        URL, headers={"Authorization": f"Bearer {issue(where).secret}"}
    )

    caller = authentication.caller_of(request, at=NOON)
    actor = authentication.actor_of(caller, request)

    assert actor.kind == "service"
    assert actor.permissions == {Permission.AUDIT_VIEW}
    assert actor.label == "Nightly"


def test_an_operation_runs_inside_the_tenant_of_its_key(where: WorkspaceRef) -> None:
    request = RequestFactory().get(
        URL, headers={"Authorization": f"Bearer {issue(where).secret}"}
    )
    with clock.fixed_at(NOON):
        authentication.Bearer(Scope.AUDIT_READ)(request)

    @authentication.entering
    def operation(request: Any) -> Any:
        return scoping.current()

    opened = operation(request)
    assert opened is not None
    assert opened.workspace_id == where.id
    assert scoping.current() is None


def test_the_description_and_its_page_are_there() -> None:
    described = Client().get("/api/openapi.json")

    schema = json.loads(described.content)
    assert schema["openapi"].startswith("3.1")
    operation = schema["paths"]["/v1/manage/whoami"]["get"]
    assert operation["security"] == [{"Bearer": []}]
    assert schema["components"]["securitySchemes"]["Bearer"]["scheme"] == "bearer"
    page = Client().get("/api/docs")
    assert page.status_code == 200
    assert "GET /v1/manage/whoami" in page.content.decode()
    assert '<script src="http' not in page.content.decode()


def test_the_wrong_verb_is_refused(where: WorkspaceRef) -> None:
    answer = Client().post(
        URL, headers={"Authorization": f"Bearer {issue(where).secret}"}
    )

    assert answer.status_code == 405


def test_a_key_from_elsewhere_is_recorded_at_once(
    where: WorkspaceRef,
) -> None:
    issued = issue(where, allowed_networks=["192.0.2.0/24"])

    for _try in range(3):
        assert ask(issued.secret, REMOTE_ADDR="192.0.3.7").status_code == 401

    with scoping.organization(organization_id=where.organization.id):
        found = [
            (leaf["outcome"], leaf["target_id"])
            for row in AuditEntry.objects.order_by("id")
            if (leaf := json.loads(bytes(row.leaf)))["action"]
            == "workspaces.api-key.used"
        ]
    assert found == [("refused", str(issued.row.public_id))]
