"""A member signs in to a connected app, against an authorization server of others."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.log.models import AuditEntry
from kit import clock
from tests import cast
from tests.cast import Person
from tests.oauth.server import Visitor
from tests.workspaces.connectors.conftest import SLUG, App, SetUp, linked, opened
from workspaces.connectors import sealing, selectors, services
from workspaces.connectors.models import ConnectorGrant, LinkAttempt
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

HERE = "/w/halden-engineering/connections/"
APP = f"{HERE}{SLUG}/"


def begun(client: Client) -> str:
    """Where the page before leaving leads to."""
    page = client.post(f"{APP}begin/").content.decode()
    found = re.search(r'href="(http[^"]+/oauth/authorize[^"]*)"', page)
    assert found, page
    return unescape(found[1])


def answered(client: Client, **answer: str) -> str:
    """The page that the member sees after the app sent them back."""
    response = client.get(f"{APP}callback/", answer, follow=True)
    assert response.redirect_chain == [(HERE, 302)]
    return response.content.decode()


def grants(where: WorkspaceRef) -> list[ConnectorGrant]:
    with opened(where):
        return list(ConnectorGrant.objects.order_by("id"))


def tokens(grant: ConnectorGrant, where: WorkspaceRef) -> dict[str, str]:
    with opened(where):
        return sealing.opened_tokens(
            grant.sealed_tokens, workspace_id=where.id, grant=grant.public_id
        )


def leaves(where: WorkspaceRef) -> list[str]:
    with opened(where):
        rows = AuditEntry.objects.order_by("id").values_list("leaf", flat=True)
        return [bytes(leaf).decode() for leaf in rows]


@pytest.fixture
def jun_there(app: App, jun: Person) -> Client:
    """Jun's browser, once they have signed in to the app."""
    client = jun.client()
    assert "You are signed in to Canaille." in answered(
        client, **Visitor().visit(begun(client))
    )
    return client


@pytest.mark.idp
def test_a_member_signs_in_with_an_account_of_their_own(
    app: App, where: WorkspaceRef, jun: Person
) -> None:
    client = jun.client()
    url = begun(client)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"] == app.redirect_uri
    assert asked["scope"] == "openid email"

    page = answered(client, **Visitor().visit(url))

    assert "You are signed in to Canaille." in page
    assert "jun.takahashi@halden.example" in page
    (grant,) = grants(where)
    assert grant.account_domain == "halden.example"
    secret = tokens(grant, where)
    assert app.server.is_active(secret["access"], client=app.client)
    assert secret["access"].encode() not in bytes(grant.sealed_tokens)
    assert any('"workspaces.connector-grant.linked"' in leaf for leaf in leaves(where))
    assert not any(secret["access"] in leaf for leaf in leaves(where))
    with opened(where):
        verdict = selectors.decide(member=jun.membership, connector=SLUG)
    assert verdict.allowed


@pytest.mark.idp
def test_who_does_not_agree_links_nothing(
    app: App, where: WorkspaceRef, jun: Person
) -> None:
    client = jun.client()

    visitor = Visitor(login="outsider")
    page = answered(client, **visitor.visit(begun(client), answer="deny"))

    assert "You did not agree at Canaille" in page
    assert grants(where) == []
    assert any('"refused"' in leaf for leaf in leaves(where))


@pytest.mark.idp
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"state": "of somebody else"}, "belongs to no sign-in"),
        ({"state": ""}, "belongs to no sign-in"),
        ({"state": "\udcff".encode("utf-8", "replace").decode()}, "no sign-in"),
        ({"iss": "https://other.example"}, "came from another server"),
        ({"iss": ""}, "came from another server"),
        ({"code": ""}, "is not complete"),
        ({"code": "x" * 5000}, "is not complete"),
        ({"error": "server_error"}, "answered with an error"),
    ],
)
def test_an_answer_that_is_not_right_links_nothing(
    app: App, where: WorkspaceRef, jun: Person, changed: dict[str, str], sentence: str
) -> None:
    client = jun.client()
    answer = Visitor().visit(begun(client))

    page = answered(client, **{**answer, **changed})

    assert sentence in page
    assert grants(where) == []


@pytest.mark.idp
def test_an_answer_is_taken_once(app: App, where: WorkspaceRef, jun: Person) -> None:
    client = jun.client()
    answer = Visitor().visit(begun(client))
    answered(client, **answer)

    assert "was used already" in answered(client, **answer)
    assert len(grants(where)) == 1


@pytest.mark.idp
def test_a_code_is_worth_nothing_at_another_attempt(
    app: App, where: WorkspaceRef, jun: Person
) -> None:
    """Whoever injects a stolen code lacks its PKCE verifier."""
    client = jun.client()
    stolen = Visitor().visit(begun(client))["code"]
    state = parse_qs(urlsplit(begun(client)).query)["state"][0]

    page = answered(client, state=state, code=stolen, iss=app.server.url)

    assert "refused the sign-in" in page
    assert grants(where) == []


@pytest.mark.idp
def test_an_answer_comes_to_the_browser_that_began(
    app: App, where: WorkspaceRef, jun: Person
) -> None:
    answer = Visitor().visit(begun(jun.client()))

    assert "belongs to no sign-in" in answered(jun.client(), **answer)
    assert "belongs to no sign-in" in answered(cast.officer(where).client(), **answer)
    assert grants(where) == []


@pytest.mark.idp
def test_an_answer_that_comes_late_is_refused(
    app: App, where: WorkspaceRef, jun: Person
) -> None:
    client = jun.client()
    answer = Visitor().visit(begun(client))
    with opened(where):
        LinkAttempt.objects.update(expires_at=clock.now())

    assert "longer than ten minutes" in answered(client, **answer)


@pytest.mark.idp
def test_what_is_closed_meanwhile_stays_closed(
    app: App, where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    client = jun.client()
    answer = Visitor().visit(begun(client))
    set_up(SLUG, is_allowed=False)

    page = answered(client, **answer)

    assert "Canaille is disabled by an admin." in page
    (grant,) = grants(where)
    assert grant.end == "refused"
    access = tokens(grant, where)["access"]
    assert services.make_due(clock=clock.now) == 1
    assert not app.server.is_active(access, client=app.client)


@pytest.mark.idp
def test_an_account_of_another_domain_is_not_linked(
    app: App, where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up(SLUG, domains=("halden.example",))
    client = jun.client()

    page = answered(client, **Visitor(login="outsider").visit(begun(client)))

    assert "of a domain that this workspace does not allow" in page
    assert [grant.end for grant in grants(where)] == ["refused"]


@pytest.mark.idp
def test_signing_in_again_replaces_the_account(
    app: App, where: WorkspaceRef, jun: Person, jun_there: Client
) -> None:
    before = grants(where)[0]

    answered(jun_there, **Visitor(login="outsider").visit(begun(jun_there)))

    (after,) = grants(where)
    assert after.pk == before.pk
    assert after.account_domain == "elsewhere.example"


@pytest.mark.idp
def test_unlinking_ends_it_here_and_at_its_source(
    app: App, where: WorkspaceRef, jun: Person, jun_there: Client
) -> None:
    access = tokens(grants(where)[0], where)["access"]

    page = jun_there.post(f"{APP}unlink/", follow=True).content.decode()

    assert "Canaille is unlinked." in page
    assert "Unlinked by the member" in page
    with opened(where):
        assert not selectors.decide(member=jun.membership, connector=SLUG).allowed
    assert services.make_due(clock=clock.now) == 1
    assert not app.server.is_active(access, client=app.client)
    (grant,) = grants(where)
    assert grant.revoked_at is not None
    assert bytes(grant.sealed_tokens) == b""
    again = jun_there.post(f"{APP}unlink/", follow=True).content.decode()
    assert "was not linked" in again


@pytest.mark.idp
def test_cutting_refuses_the_next_use_and_revokes_at_the_source(
    app: App, where: WorkspaceRef, jun: Person, jun_there: Client, set_up: SetUp
) -> None:
    access = tokens(grants(where)[0], where)["access"]

    cut = set_up(SLUG, is_allowed=False)

    with opened(where):
        assert not selectors.decide(member=jun.membership, connector=SLUG).allowed
    page = jun_there.get(HERE).content.decode()
    assert "Disabled by admin" in page
    assert "Cut by the workspace" in page
    assert cut is not None
    assert app.server.is_active(access, client=app.client)  # not told yet
    services.make_due(clock=clock.now)
    assert not app.server.is_active(access, client=app.client)
    with opened(where):
        assert selectors.at_source(cut=cut).revoked == 1


def test_a_member_sees_how_they_stand_to_each(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up()
    set_up("slack")
    linked(jun)

    page = jun.client().get(HERE).content.decode()

    assert page.index("Google Drive") < page.index("Slack") < page.index("Jira")
    assert "An admin has to register this workspace" in page
    assert page.count("Disabled by admin") == 3


def test_what_is_closed_cannot_be_begun(where: WorkspaceRef, jun: Person) -> None:
    answer = jun.client().post(f"{HERE}google-drive/begin/")

    assert answer.status_code == 403
    assert "disabled by an admin" in answer.content.decode()


def test_without_a_client_nothing_begins(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    set_up()

    answer = jun.client().post(f"{HERE}google-drive/begin/")

    assert answer.status_code == 409
    assert "register Custos at Google Drive first" in answer.content.decode()


@pytest.mark.parametrize("page", ["begin", "unlink"])
def test_an_unknown_connector_is_not_there(
    where: WorkspaceRef, jun: Person, page: str
) -> None:
    client = jun.client()

    assert client.post(f"{HERE}carrier-pigeon/{page}/").status_code == 404
    assert client.get(f"{HERE}carrier-pigeon/callback/").status_code == 404


def test_the_page_costs_the_same_with_many_connectors(
    where: WorkspaceRef, jun: Person, set_up: SetUp
) -> None:
    client = jun.client()
    client.get(HERE)
    with CaptureQueriesContext(connection) as before:
        client.get(HERE)
    for slug in ("google-drive", "slack", "github"):
        set_up(slug)
        linked(jun, slug)

    with CaptureQueriesContext(connection) as after:
        client.get(HERE)

    assert len(after) <= len(before) + 2
