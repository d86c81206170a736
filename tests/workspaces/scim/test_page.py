"""Setting provisioning up on the workspace's SCIM page."""

from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.workspaces.scim import meaning
from tests.workspaces.scim.conftest import prove
from tests.workspaces.scim.provider import Provider
from workspaces.groups.models import Group
from workspaces.keys.models import ScimToken
from workspaces.scim import selectors
from workspaces.scim.models import ScimRequest
from workspaces.scim.services import requests
from workspaces.scim.services.requests import Seen
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/scim/"
JUN = "jun.takahashi@halden.example"


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def text(answer: Any) -> str:
    return answer.content.decode()


def test_the_page_gives_the_address_before_anything_else(
    owner: Client, where: WorkspaceRef
) -> None:
    found = text(owner.get(PAGE))

    assert f"/scim/v2/{where.public_id}" in found
    assert "Off: no token works" in found
    assert "No request came in yet" in found


def test_a_token_is_shown_once_and_works(owner: Client, where: WorkspaceRef) -> None:
    answer = owner.post(
        f"{PAGE}tokens/", {"days": "90", "scope": "users+groups", "networks": ""}
    )

    secret = answer.context["secret"]
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert secret in text(answer)
    assert secret not in text(owner.get(PAGE))
    assert Provider(where=where, token=secret).send("GET", "/Users").status_code == 200


def test_a_token_is_rotated_and_revoked(owner: Client, idp: Provider) -> None:
    with meaning.scope(idp.where):
        old = ScimToken.objects.get()

    rotated = owner.post(f"{PAGE}tokens/{old.public_id}/rotate/")
    new = Provider(where=idp.where, token=rotated.context["secret"])
    assert idp.send("GET", "/Users").status_code == 200
    assert new.send("GET", "/Users").status_code == 200

    owner.post(f"{PAGE}tokens/{old.public_id}/revoke/")
    assert idp.send("GET", "/Users").status_code == 401
    assert new.send("GET", "/Users").status_code == 200


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"days": "0", "scope": "users"}, "greater than or equal"),
        ({"days": "90", "scope": "all"}, "valid choice"),
        ({"days": "90", "scope": "users", "networks": "no net"}, "is no network"),
    ],
)
def test_a_token_that_cannot_be_is_refused_in_words(
    owner: Client, where: WorkspaceRef, asked: dict[str, str], sentence: str
) -> None:
    answer = owner.post(f"{PAGE}tokens/", asked)

    assert answer.status_code == 422
    assert sentence in text(answer)
    with meaning.scope(where):
        assert not ScimToken.objects.exists()


def test_a_third_token_is_refused_in_words(owner: Client, idp: Provider) -> None:
    asked = {"days": "90", "scope": "users", "networks": ""}
    owner.post(f"{PAGE}tokens/", asked)

    answer = owner.post(f"{PAGE}tokens/", asked)

    assert answer.status_code == 409
    assert "Two SCIM tokens work" in text(answer)


def test_the_last_requests_are_listed_without_what_was_in_them(
    owner: Client, idp: Provider
) -> None:
    idp.user(JUN, title="Secret title")
    idp.send("GET", f'/Users?filter=userName eq "{JUN}"')
    idp.send("GET", "/Users/nothing")

    found = text(owner.get(PAGE))

    assert "POST /Users" in found
    assert "GET /Users/nothing" in found
    assert "provider/1.0" in found
    assert "Secret title" not in found
    with meaning.scope(idp.where):
        rows = list(ScimRequest.objects.order_by("id").values_list("path", "status"))
    assert rows == [("/Users", 201), ("/Users", 200), ("/Users/nothing", 404)]


def test_strangers_leave_no_row(idp: Provider) -> None:
    for _once in range(3):
        Provider(where=idp.where, token="custos_scim_x").send("GET", "/Users")

    with meaning.scope(idp.where):
        assert ScimRequest.objects.count() == 0


def test_two_hundred_requests_are_kept(where: WorkspaceRef, clock: Any) -> None:
    seen = Seen(
        method="GET",
        path="/Users",
        status=200,
        outcome="",
        token=None,
        user_agent="a\x00b",
        took_ms=1,
    )

    for _once in range(260):
        requests.remember(workspace=where, seen=seen, at=cast.NOON)

    with meaning.scope(where):
        assert 200 <= ScimRequest.objects.count() < 225
        assert len(selectors.requests()) == 200
        assert ScimRequest.objects.earliest("id").user_agent == "ab"


def test_a_conflict_is_named_and_looked_at_again(owner: Client, idp: Provider) -> None:
    idp.user("jun@halden-labs.example")
    found = text(owner.get(PAGE))
    assert "jun@halden-labs.example" in found
    assert "No address lies in a proven domain" in found

    prove(idp.where, "halden-labs.example")
    answer = owner.post(f"{PAGE}retry/", follow=True)

    assert "1 user was looked at again and changed" in text(answer)
    assert "No address lies in a proven domain" not in text(answer)
    assert meaning.status(idp.where, "jun@halden-labs.example") == "active"


def test_members_whom_scim_did_not_bring_are_counted_before_adoption(
    owner: Client, idp: Provider
) -> None:
    cast.member(idp.where)
    idp.user("noor.haddad@halden.example")

    assert "2 members were not brought by SCIM" in text(owner.get(PAGE))

    owner.post(f"{PAGE}switches/", {"adopts": "on"})
    assert idp.user(JUN)["userName"] == JUN
    assert "1 member was not brought by SCIM" in text(owner.get(PAGE))
    assert "workspaces.scim-settings.changed" in meaning.actions(idp.where)


def test_a_switch_that_stays_leaves_no_entry(
    owner: Client, where: WorkspaceRef
) -> None:
    owner.post(f"{PAGE}switches/", {})

    assert "workspaces.scim-settings.changed" not in meaning.actions(where)


def test_an_admin_sees_the_switches_and_cannot_turn_them(idp: Provider) -> None:
    admin = cast.admin(idp.where).client()
    idp.group("Admins")

    assert admin.get(PAGE).status_code == 200
    assert admin.post(f"{PAGE}switches/", {"adopts": "on"}).status_code == 403
    with meaning.scope(idp.where):
        assert not selectors.settings().adopts


def test_a_group_is_given_a_role(owner: Client, idp: Provider) -> None:
    idp.group("Admins", idp.user(JUN)["id"])
    with meaning.scope(idp.where):
        group = Group.objects.get()

    answer = owner.post(
        f"{PAGE}roles/{group.public_id}/", {"role": "admin"}, follow=True
    )

    assert "have their role now" in text(answer)
    assert meaning.role(idp.where, JUN) == "admin"

    owner.post(f"{PAGE}roles/{group.public_id}/", {"role": ""})
    assert meaning.role(idp.where, JUN) == "member"


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 409), ("king", 422)], ids=["owner", "unknown"]
)
def test_a_role_that_no_group_gives_is_refused(
    owner: Client, idp: Provider, role: str, status: int
) -> None:
    idp.group("Admins", idp.user(JUN)["id"])
    with meaning.scope(idp.where):
        group = Group.objects.get()

    answer = owner.post(f"{PAGE}roles/{group.public_id}/", {"role": role})

    assert answer.status_code == status
    assert meaning.role(idp.where, JUN) == "member"


def test_ownership_that_is_switched_off_again_is_taken_back(
    owner: Client, idp: Provider
) -> None:
    idp.group("Owners", idp.user(JUN)["id"])
    with meaning.scope(idp.where):
        group = Group.objects.get()
    owner.post(f"{PAGE}switches/", {"makes_owners": "on"})
    owner.post(f"{PAGE}roles/{group.public_id}/", {"role": "owner"})
    assert meaning.role(idp.where, JUN) == "owner"

    owner.post(f"{PAGE}switches/", {})

    assert meaning.role(idp.where, JUN) == "member"


def test_the_test_button_asks_what_a_provider_asks(
    owner: Client, where: WorkspaceRef
) -> None:
    answer = owner.post(f"{PAGE}test/")

    assert [one.is_fine for one in answer.context["tried"]] == [True] * 5
    assert "A search for nobody finds an empty list" in text(answer)


def test_names_of_providers_are_text(owner: Client, idp: Provider) -> None:
    idp.agent = "<script>alert(1)</script>"
    idp.group("<b>Bold</b>")
    idp.user("x@<i>.example")

    found = text(owner.get(PAGE))

    assert "<script>alert" not in found
    assert "<b>Bold" not in found
    assert "x@<i>" not in found


def test_a_page_of_many_costs_no_query_each(
    owner: Client, idp: Provider, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        idp.group(f"g{number}")
        idp.user(f"p{number}@nowhere.example")

    with django_assert_max_num_queries(40):
        owner.get(PAGE)
