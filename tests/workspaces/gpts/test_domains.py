"""The page of domains: allowing, taking back, trying; and what it does to GPTs."""

from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from tests.workspaces.gpts.studio import schema
from workspaces.gpts import selectors, services
from workspaces.gpts.models import ActionDomain
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

HOME = "/w/halden-engineering/gpts/governance/domains/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def client(where: WorkspaceRef) -> Client:
    return cast.admin(where).client()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


def domains(where: WorkspaceRef) -> list[str]:
    with studio.opened(where):
        return [one.domain for one in selectors.domains()]


def tried(client: Client, url: str) -> str:
    return str(client.get(HOME, {"url": url}).content.decode())


def test_an_empty_list_allows_nothing(client: Client) -> None:
    assert "the list is empty" in client.get(HOME).content.decode()
    assert "Denied" in tried(client, "https://api.halden.example/v1")


def test_a_domain_is_allowed_with_what_is_below_it(
    where: WorkspaceRef, client: Client, recorded: Any
) -> None:
    client.post(f"{HOME}allow/", {"domain": "Halden.Example."})

    assert domains(where) == ["halden.example"]
    page = tried(client, "https://api.halden.example:8443/v1")
    assert "Allowed" in page
    assert "by the rule halden.example" in page
    assert "Denied" in tried(client, "https://halden.example.evil.example/")
    assert "No address" in tried(client, "https://halden.example@evil.example/")
    assert recorded(where, "workspaces.action-domain.allowed") == [
        {"change.domain": [None, "halden.example"]}
    ]


def test_a_domain_is_shown_as_people_write_it(client: Client) -> None:
    client.post(f"{HOME}allow/", {"domain": "b\u00fccher.example"})

    page = client.get(HOME).content.decode()

    assert "b\u00fccher.example" in page
    assert "xn--bcher-kva.example" in page


@pytest.mark.parametrize(
    "domain", ["", "com", "127.0.0.1", "*.halden.example", "a b.example", "x" * 400]
)
def test_what_is_no_domain_is_refused(
    where: WorkspaceRef, client: Client, domain: str
) -> None:
    assert client.post(f"{HOME}allow/", {"domain": domain}).status_code == 422
    assert domains(where) == []


def test_a_domain_is_allowed_once(where: WorkspaceRef, client: Client) -> None:
    client.post(f"{HOME}allow/", {"domain": "halden.example"})

    answer = client.post(f"{HOME}allow/", {"domain": "HALDEN.example"})

    assert answer.status_code == 422
    assert domains(where) == ["halden.example"]


def test_a_domain_is_taken_back(
    where: WorkspaceRef, client: Client, recorded: Any
) -> None:
    client.post(f"{HOME}allow/", {"domain": "halden.example"})
    with studio.opened(where):
        rule = ActionDomain.objects.get()

    client.post(f"{HOME}{rule.public_id}/remove/")

    assert domains(where) == []
    assert recorded(where, "workspaces.action-domain.removed") == [
        {"change.domain": ["halden.example", None]}
    ]


def test_actions_outside_are_kept_and_not_available(
    where: WorkspaceRef, jun: Person
) -> None:
    gpt = studio.make(jun, schemas=(schema("https://api.halden.example/v1"),))
    url = f"/w/halden-engineering/gpts/{gpt.public_id}/"
    sentence = "this workspace does not allow the domain"
    assert sentence in jun.client().get(url).content.decode()
    assert unavailable(where, jun, gpt.public_id) == [
        "Actions at api.halden.example: the domain is not allowed"
    ]

    services.allow_domain(
        actor=cast.admin(where).actor, workspace=where, domain="halden.example", at=NOON
    )

    assert sentence not in jun.client().get(url).content.decode()
    assert unavailable(where, jun, gpt.public_id) == []


def unavailable(where: WorkspaceRef, who: Person, gpt: Any) -> list[str]:
    with studio.opened(where):
        verdict = selectors.decide(member=who.membership, gpt=gpt, action="use")
    assert verdict.allowed
    return [one.name for one in verdict.trail if one.said == "unavailable"]


@pytest.mark.parametrize("domain", ["co.uk", "github.io"])
def test_a_domain_of_everybody_is_refused_with_the_reason(
    where: WorkspaceRef, client: Client, domain: str
) -> None:
    answer = client.post(f"{HOME}allow/", {"domain": domain})

    assert answer.status_code == 422
    assert f"Anybody can have a name below {domain}" in answer.content.decode()
    assert domains(where) == []
