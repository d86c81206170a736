"""A custom connector can be described anew and deleted; what depends on it is cut."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.log.models import AuditEntry
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from tests.workspaces.connectors.test_custom import ADD, FORM
from workspaces.connectors import oauth, selectors, services
from workspaces.connectors.models import (
    Connector,
    ConnectorCut,
    ConnectorGrant,
    LinkAttempt,
)
from workspaces.connectors.selectors import UnknownConnector
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

WIKI = "custom-wiki"
PAGE = f"/w/halden-engineering/connectors/{WIKI}/"
EDIT = {
    "name": "Wiki",
    "authorize": "https://wiki.example/authorize",
    "token": "https://wiki.example/token",
    "revoke": "https://wiki.example/revoke",
    "scopes": "pages:read pages:write",
    "actions": "pages.search reads\npages.delete changes important",
}


@pytest.fixture
def admin(where: WorkspaceRef) -> Client:
    return cast.admin(where).client()


@pytest.fixture
def wiki(where: WorkspaceRef, admin: Client, set_up: SetUp) -> None:
    """A wiki with a client and a secret, allowed."""
    admin.post(ADD, {**FORM, "revoke": EDIT["revoke"], "secret": "a secret"})
    set_up(WIKI)


def edit(client: Client, **changed: str) -> Any:
    """Ask for a preview, then agree to what it shows."""
    sent = {**EDIT, **changed}
    shown = client.post(f"{PAGE}edit/", sent)
    agreed = re.search(r'name="agreed" value="(\d+)"', shown.content.decode())
    if agreed is None:
        return shown
    return client.post(f"{PAGE}edit/", {**sent, "agreed": agreed[1]}, follow=True)


def delete(client: Client, typed: str = "Wiki") -> Any:
    return client.post(f"{PAGE}delete/", {"typed_name": typed}, follow=True)


def row(where: WorkspaceRef) -> Connector:
    with opened(where):
        return Connector.objects.get()


def recorded(where: WorkspaceRef, action: str) -> bool:
    with opened(where):
        leaves = [bytes(one.leaf).decode() for one in AuditEntry.objects.all()]
    return any(f'"workspaces.connector.{action}"' in leaf for leaf in leaves)


def scoped(person: Person, *scopes: str) -> ConnectorGrant:
    found = linked(person, WIKI)
    with opened(person.workspace):
        ConnectorGrant.objects.filter(pk=found.pk).update(scopes=list(scopes))
    return found


def test_the_form_shows_what_there_is(admin: Client, wiki: None) -> None:
    page = admin.get(f"{PAGE}edit/").content.decode()

    for value in ("https://wiki.example/token", "pages:read pages:write"):
        assert value in page
    assert "pages.delete changes important" in page
    assert "a secret" not in page


def test_actions_and_names_change_without_any_cut(
    where: WorkspaceRef, jun: Person, admin: Client, wiki: None
) -> None:
    linked(jun, WIKI)

    answer = edit(admin, name="Our wiki", actions="pages.search reads")

    assert "Saved." in answer.content.decode()
    found = row(where)
    assert (found.name, found.slug) == ("Our wiki", WIKI)
    assert [one["name"] for one in found.actions] == ["pages.search"]
    assert recorded(where, "edited")
    with opened(where):
        assert ConnectorGrant.objects.get().ended_at is None


def test_a_scope_that_is_gone_cuts_the_grants_that_hold_it(
    where: WorkspaceRef, jun: Person, admin: Client, wiki: None
) -> None:
    wide = scoped(jun, "pages:read", "pages:write")
    narrow = scoped(cast.officer(where), "pages:read")

    page = edit(admin, scopes="pages:read").content.decode()

    assert "what was cut" in page
    with opened(where):
        ends = dict(ConnectorGrant.objects.values_list("pk", "end"))
    assert ends == {wide.pk: "cut", narrow.pk: ""}


def test_another_address_takes_neither_grants_nor_our_secret_along(
    where: WorkspaceRef, jun: Person, admin: Client, wiki: None
) -> None:
    linked(jun, WIKI)
    refused = edit(admin, token="https://evil.example/token")
    assert refused.status_code == 422
    assert "wiki.example" in row(where).endpoints["token"]
    with opened(where):
        ConnectorGrant.objects.update(
            ended_at=NOON, end="unlinked", sealed_tokens=b"", sealed_account=b""
        )

    edit(admin, token="https://evil.example/token")

    found = row(where)
    assert found.endpoints["token"] == "https://evil.example/token"
    assert bytes(found.sealed_secret) == b""
    assert (found.client_id, found.is_allowed) == ("", False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token", "http://127.0.0.1/token"),
        ("token", "https://user@wiki.example/token"),
        ("scopes", 'a"b'),
        ("actions", "pages.search"),
        ("name", ""),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    where: WorkspaceRef, admin: Client, wiki: None, field: str, value: str
) -> None:
    before = row(where)

    answer = edit(admin, **{field: value})

    assert answer.status_code == 422
    after = row(where)
    assert (after.endpoints, after.scopes, after.actions) == (
        before.endpoints,
        before.scopes,
        before.actions,
    )


def test_deleting_cuts_everything_first_and_gives_a_receipt(
    where: WorkspaceRef, jun: Person, admin: Client, wiki: None
) -> None:
    linked(jun, WIKI)
    assert "1 sign-in of a member" in admin.get(f"{PAGE}delete/").content.decode()

    page = delete(admin).content.decode()

    assert "An admin deleted the connector" in page
    assert "Wiki" in page
    assert recorded(where, "deleted")
    assert recorded(where, "grants-cut")
    assert admin.get(PAGE).status_code == 404
    with opened(where):
        assert ConnectorGrant.objects.get().end == "cut"
        with pytest.raises(UnknownConnector):
            selectors.decide(member=jun.membership, connector=WIKI)
        assert WIKI not in {one.slug for one in selectors.every()}


def test_the_secret_stays_until_the_app_was_told(
    where: WorkspaceRef,
    jun: Person,
    admin: Client,
    wiki: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    linked(jun, WIKI)
    told: list[str] = []
    monkeypatch.setattr(oauth, "revoke", lambda app, _tokens: told.append(app.secret))

    delete(admin)
    assert bytes(row(where).sealed_secret) != b""
    services.make_due(clock=lambda: NOON + timedelta(days=36_500))

    assert told == ["a secret"]
    assert bytes(row(where).sealed_secret) == b""


def test_one_without_grants_goes_at_once_and_its_name_is_free(
    where: WorkspaceRef, admin: Client, wiki: None
) -> None:
    page = delete(admin).content.decode()

    assert "Wiki is deleted." in page
    assert bytes(row(where).sealed_secret) == b""
    with opened(where):
        assert not ConnectorCut.objects.exists()
    assert "is added" in admin.post(ADD, FORM, follow=True).content.decode()


def test_a_sign_in_on_its_way_comes_back_to_nothing(
    where: WorkspaceRef, jun: Person, admin: Client, wiki: None
) -> None:
    with opened(where):
        LinkAttempt.objects.create(
            workspace_id=where.id,
            connector=Connector.objects.get(),
            membership=jun.membership,
            sign_in=jun.membership.public_id,
            state=b"x" * 32,
            sealed_verifier=b"",
            created_at=NOON,
            expires_at=NOON,
        )

    delete(admin)

    with opened(where):
        assert not LinkAttempt.objects.exists()


def test_the_name_must_be_typed(where: WorkspaceRef, admin: Client, wiki: None) -> None:
    assert delete(admin, typed="wikis").status_code == 422
    assert row(where).deleted_at is None


@pytest.mark.parametrize("page", ["edit/", "delete/"])
def test_members_and_the_catalogue_are_refused(
    where: WorkspaceRef, jun: Person, admin: Client, wiki: None, page: str
) -> None:
    listed = f"/w/halden-engineering/connectors/slack/{page}"

    assert jun.client().post(f"{PAGE}{page}", {"typed_name": "Wiki"}).status_code == 403
    assert admin.post(listed, {"typed_name": "Slack"}).status_code == 422
    assert row(where).deleted_at is None
