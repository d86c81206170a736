"""The pages of API keys, of a workspace and of an organization."""

import re
from typing import Any

import pytest
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.keys import selectors
from workspaces.keys.models import ApiKey
from workspaces.keys.services import api_keys
from workspaces.members import services as members
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

BOTH = ["/w/halden-engineering/api-keys/", "/o/halden-instruments/api-keys/"]
WORKSPACE = BOTH[0]
FORM = {"name": "Nightly export", "scopes": ["admin.read"], "days": "30"}


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def issue(where: WorkspaceRef, **options: Any) -> ApiKey:
    options = {"actor": cast.owner(where).actor, "at": NOON, **options}
    return api_keys.issue(
        organization=where.organization,
        workspace=where,
        name=options.pop("name", "Nightly export"),
        scopes=options.pop("scopes", ["admin.read"]),
        days=365,
        **options,
    ).row


def keys(where: WorkspaceRef) -> list[ApiKey]:
    with scoping.organization(organization_id=where.organization.id):
        return list(ApiKey.objects.order_by("id"))


@pytest.mark.parametrize("place", BOTH)
def test_an_empty_list_leads_to_the_form(owner: Client, place: str) -> None:
    page = owner.get(place).content.decode()

    assert "No API keys" in page
    assert f'href="{place}issue/"' in page
    assert owner.get(f"{place}issue/").status_code == 200


@pytest.mark.parametrize("place", BOTH)
def test_an_issued_key_is_shown_once(
    where: WorkspaceRef, owner: Client, place: str
) -> None:
    answer = owner.post(f"{place}issue/", FORM)

    page = answer.content.decode()
    (secret,) = set(re.findall(r"custos_key_\w{49}", page))
    assert answer["Cache-Control"] == "no-store"
    assert f'data-copy="{secret}"' in page
    (row,) = keys(where)
    for later in ("", f"{row.public_id}/"):
        text = owner.get(f"{place}{later}").content.decode()
        assert "Nightly export" in text
        assert secret not in text
        assert f"custos_key_…{row.hint}" in text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Give the key a name."),
        ({"scopes": []}, "Choose at least one scope."),
        ({"scopes": ["everything"]}, "everything"),
        ({"days": "9999"}, "9999"),
        ({"networks": "192.0.2.0/24\nhome"}, "“home” is no network"),
        ({"name": "\u202eevil"}, "characters that cannot be seen"),
    ],
)
def test_bad_input_issues_nothing_and_says_why(
    where: WorkspaceRef, owner: Client, wrong: dict[str, Any], sentence: str
) -> None:
    answer = owner.post(f"{WORKSPACE}issue/", {**FORM, **wrong})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert keys(where) == []


def test_an_admin_sees_what_only_an_owner_can_give(where: WorkspaceRef) -> None:
    admin = cast.admin(where).client()

    page = admin.get(f"{WORKSPACE}issue/").content.decode()

    assert 'value="admin.read"' in page
    assert 'value="compliance.read"' not in page
    assert "Read conversations and files (Compliance API)" in page
    tried = admin.post(f"{WORKSPACE}issue/", {**FORM, "scopes": ["compliance.read"]})
    assert tried.status_code == 422
    assert keys(where) == []


def test_revoking_names_the_key_and_what_follows(
    where: WorkspaceRef, owner: Client
) -> None:
    row = issue(where)
    page = owner.get(f"{WORKSPACE}{row.public_id}/").content.decode()
    assert "Revoke the key “Nightly export”?" in page
    assert "refused from its next request on" in page

    answer = owner.post(f"{WORKSPACE}{row.public_id}/revoke/", follow=True)

    assert "“Nightly export” is revoked" in answer.content.decode()
    assert keys(where)[0].revoked_at is not None


def test_rotation_shows_the_successor(where: WorkspaceRef, owner: Client) -> None:
    row = issue(where)

    answer = owner.post(f"{WORKSPACE}{row.public_id}/rotate/", {"overlap_hours": "168"})

    (secret,) = set(re.findall(r"custos_key_\w{49}", answer.content.decode()))
    old, new = keys(where)
    assert secret.endswith(new.hint)
    assert old.rotated_at is not None
    listed = owner.get(WORKSPACE).content.decode()
    assert "Replaced, ends soon" in listed or "Expired" in listed


def test_a_key_that_ended_offers_nothing_more(
    where: WorkspaceRef, owner: Client
) -> None:
    row = issue(where)
    owner.post(f"{WORKSPACE}{row.public_id}/revoke/")

    page = owner.get(f"{WORKSPACE}{row.public_id}/").content.decode()

    assert "Revoke the key" not in page
    assert "Rotate the key" not in page
    answer = owner.post(f"{WORKSPACE}{row.public_id}/rotate/")
    assert answer.status_code == 409


def test_the_list_says_whose_owner_left(where: WorkspaceRef, owner: Client) -> None:
    tomasz = cast.admin(where)
    issue(where, actor=tomasz.actor)

    members.suspend(
        actor=OPERATOR, workspace=where, member=tomasz.membership.public_id, at=NOON
    )

    page = owner.get(WORKSPACE).content.decode()
    assert "Owner left" in page
    assert "tomasz.wrona@halden.example" in page


def test_what_the_page_says_is_what_the_door_does(where: WorkspaceRef) -> None:
    tomasz = cast.admin(where)
    secrets = {
        issued.row.pk: str(issued.secret)
        for issued in (
            api_keys.issue(
                actor=actor,
                organization=where.organization,
                workspace=where,
                name="Key",
                scopes=["admin.read"],
                at=NOON,
            )
            for actor in (OPERATOR, tomasz.actor, cast.owner(where).actor)
        )
    }
    members.suspend(
        actor=OPERATOR, workspace=where, member=tomasz.membership.public_id, at=NOON
    )

    rows = keys(where)
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        states = selectors.states_of(keys=rows, at=NOON)

    works = {pk for pk, state in states.items() if state == "works"}
    opens = {
        pk
        for pk, secret in secrets.items()
        if selectors.presented_key(secret=secret, at=NOON)
    }
    assert works == opens
    assert len(works) == 2


def test_a_list_of_keys_asks_the_same_for_many(
    where: WorkspaceRef, owner: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        issue(where, name=f"Key {number}")
    owner.get(WORKSPACE)

    with django_assert_max_num_queries(16):
        owner.get(WORKSPACE)


def test_a_key_of_the_organization_is_not_on_the_workspaces_page(
    where: WorkspaceRef, owner: Client
) -> None:
    owner.post(f"{BOTH[1]}issue/", FORM)
    (row,) = keys(where)

    assert "No API keys" in owner.get(WORKSPACE).content.decode()
    assert owner.get(f"{WORKSPACE}{row.public_id}/").status_code == 404
