"""A chat front end takes a member's token: whose, for what, and never more."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from audit.log.models import AuditEntry
from kit import clock
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.oauth.server import Visitor
from tests.workspaces.connectors.conftest import SLUG, App, SetUp, linked, opened
from tests.workspaces.connectors.test_connections import answered, begun, tokens
from workspaces.connectors import api, services
from workspaces.connectors.models import ConnectorGrant
from workspaces.connectors.services import Released
from workspaces.keys.services import api_keys
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


def key(where: WorkspaceRef, *scopes: str, is_of_workspace: bool = True) -> str:
    return api_keys.issue(
        actor=OPERATOR,
        organization=where.organization,
        workspace=where if is_of_workspace else None,
        name="Chat",
        scopes=scopes or ["connectors.release"],
        days=365,
        at=clock.now(),
    ).secret


def ask(
    secret: str,
    member: UUID | str,
    *,
    action: str = "files.read",
    connector: str = "google-drive",
) -> Any:
    return Client().post(
        f"/v1/manage/connectors/{connector}/token",
        json.dumps({"member": str(member), "action": action}),
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )


@pytest.fixture
def chat(where: WorkspaceRef) -> str:
    return key(where)


def outcomes(where: WorkspaceRef) -> list[str]:
    with opened(where):
        leaves = AuditEntry.objects.order_by("id").values_list("leaf", flat=True)
        found = [json.loads(bytes(leaf)) for leaf in leaves]
    return [
        one["outcome"]
        for one in found
        if one["action"] == "workspaces.connector-token.released"
    ]


def test_it_gets_the_members_own_token(
    where: WorkspaceRef, jun: Person, set_up: SetUp, chat: str
) -> None:
    set_up(ask="important")
    linked(jun)
    linked(cast.officer(where))

    answer = ask(chat, jun.membership.public_id)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "access_token": "access of jun.takahashi@halden.example",
        "token_type": "Bearer",
        "scopes": ["read"],
        "expires_at": None,
        "must_ask": False,
        "ask": "important",
    }
    assert outcomes(where) == ["success"]
    with opened(where):
        grant = ConnectorGrant.objects.get(membership=jun.membership)
        assert grant.releases == 1
        assert grant.released_at is not None


def test_it_is_told_when_to_ask_the_member(
    where: WorkspaceRef, jun: Person, set_up: SetUp, chat: str
) -> None:
    set_up(ask="important")
    linked(jun)

    answer = ask(chat, jun.membership.public_id, action="files.share")

    assert answer.json()["must_ask"] is True


@pytest.mark.parametrize(
    ("settings", "action", "reason"),
    [
        ({"is_allowed": False}, "files.read", "disabled by an admin"),
        ({"action_control": "read_only"}, "files.delete", "may only read"),
        ({}, "files.burn", "has no action"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_reason(
    where: WorkspaceRef,
    jun: Person,
    set_up: SetUp,
    chat: str,
    settings: dict[str, Any],
    action: str,
    reason: str,
) -> None:
    set_up()
    linked(jun)
    set_up(**settings)

    answer = ask(chat, jun.membership.public_id, action=action)

    assert answer.status_code == 403
    problem = answer.json()
    assert reason in problem["detail"]
    assert any(one["decided"] for one in problem["trail"])
    assert "access of" not in answer.content.decode()
    assert outcomes(where) == ["refused"]


def test_a_member_who_has_not_signed_in_has_no_token(
    where: WorkspaceRef, jun: Person, set_up: SetUp, chat: str
) -> None:
    set_up()

    answer = ask(chat, jun.membership.public_id)

    assert answer.status_code == 403
    assert "has not signed in" in answer.json()["detail"]


def test_strangers_are_not_there(
    where: WorkspaceRef, jun: Person, set_up: SetUp, chat: str
) -> None:
    set_up()
    other = cast.elsewhere()
    stranger = cast.person(other, "vera@brennan.example").membership.public_id
    theirs = key(other)

    assert ask(chat, stranger).status_code == 404
    assert ask(chat, uuid4()).status_code == 404
    assert ask(chat, jun.membership.public_id, connector="pigeon").status_code == 404
    assert ask(theirs, jun.membership.public_id).status_code == 404


def test_only_a_key_with_the_scope_may_ask(where: WorkspaceRef, jun: Person) -> None:
    member = jun.membership.public_id

    assert ask("", member).status_code == 401
    missing = ask(key(where, "decisions.ask"), member)
    assert missing.status_code == 403
    assert "connectors.release" in missing.json()["detail"]


def test_a_key_of_the_organization_is_of_no_workspace(
    where: WorkspaceRef, jun: Person
) -> None:
    answer = ask(key(where, "all", is_of_workspace=False), jun.membership.public_id)

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    ["", "[]", '{"member": "x", "action": "a"}', '{"member": "\\u0000"}', "{" * 9000],
)
def test_a_body_that_is_none_is_refused(chat: str, body: str) -> None:
    answer = Client().post(
        "/v1/manage/connectors/google-drive/token",
        body,
        content_type="application/json",
        headers={"authorization": f"Bearer {chat}"},
    )

    assert 400 <= answer.status_code < 500


def test_one_member_is_not_asked_for_without_end(
    where: WorkspaceRef,
    jun: Person,
    set_up: SetUp,
    chat: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up()
    linked(jun)
    monkeypatch.setattr(api, "MEMBERS", replace(api.MEMBERS, most=2, every_seconds=99))

    answers = [ask(chat, jun.membership.public_id) for _ in range(3)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


def release(
    where: WorkspaceRef, person: Person, *, at: datetime, slug: str = SLUG
) -> Released:
    return services.release(
        actor=OPERATOR,
        workspace=where,
        member=person.membership.public_id,
        connector=slug,
        action="anything",
        at=at,
    )


@pytest.fixture
def there(app: App, where: WorkspaceRef, jun: Person) -> ConnectorGrant:
    """Jun's grant, of a sign-in at a real server."""
    client = jun.client()
    answered(client, **Visitor().visit(begun(client)))
    with opened(where):
        return ConnectorGrant.objects.get()


@pytest.mark.idp
def test_a_token_that_ran_out_is_renewed_and_rotated(
    app: App, where: WorkspaceRef, jun: Person, there: ConnectorGrant
) -> None:
    before = tokens(there, where)
    first = release(where, jun, at=clock.now())
    assert first.token == before["access"]

    second = release(where, jun, at=clock.now() + timedelta(minutes=11))

    assert second.verdict.allowed
    assert second.token != first.token
    assert app.server.is_active(second.token, client=app.client)
    with opened(where):
        grant = ConnectorGrant.objects.get()
    after = tokens(grant, where)
    assert after["refresh"] != before["refresh"]
    third = release(where, jun, at=clock.now() + timedelta(minutes=22))
    assert app.server.is_active(third.token, client=app.client)


@pytest.mark.idp
def test_what_was_revoked_at_its_source_has_to_be_signed_in_again(
    app: App, where: WorkspaceRef, jun: Person, there: ConnectorGrant
) -> None:
    app.server.revoke(tokens(there, where)["refresh"], client=app.client)

    released = release(where, jun, at=clock.now() + timedelta(minutes=11))

    assert not released.verdict.allowed
    assert "has not signed in" in released.verdict.reason
    with opened(where):
        grant = ConnectorGrant.objects.get()
    assert grant.end == "revoked_at_source"
    assert bytes(grant.sealed_tokens) == b""


@pytest.mark.idp
def test_an_app_that_does_not_answer_loses_nobody(
    app: App, where: WorkspaceRef, jun: Person, there: ConnectorGrant
) -> None:
    with opened(where):
        connector = there.connector
        connector.endpoints["token"] = "http://127.0.0.1:1/token"
        connector.save(update_fields=["endpoints"])

    released = release(where, jun, at=clock.now() + timedelta(minutes=11))

    assert released.is_unreachable
    assert outcomes(where)[-1] == "error"
    with opened(where):
        assert ConnectorGrant.objects.get().ended_at is None


def test_without_a_way_to_renew_a_sign_in_runs_out(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    from workspaces.connectors.oauth import Tokens
    from workspaces.connectors.services.linking import fill

    set_up("jira")
    grant = linked(jun, "jira")
    with opened(where):
        short = Tokens(
            access="a", refresh="", kind="Bearer", scopes=(), expires_at=NOON
        )
        fill(grant, short, asked=["read"])
        grant.save()

    released = services.release(
        actor=OPERATOR,
        workspace=where,
        member=jun.membership.public_id,
        connector="jira",
        action="issues.read",
        at=NOON,
    )

    assert not released.verdict.allowed
    with opened(where):
        assert ConnectorGrant.objects.get().end == "expired"
