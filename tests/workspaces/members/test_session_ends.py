"""A session ends when its membership does, at the next request."""

import pytest
from django.test import Client

from tests import cast
from tests.cast import NOON, OPERATOR, Person
from workspaces.members import services
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/members/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def admin(where: WorkspaceRef) -> Person:
    return cast.admin(where)


def end(verb: str, person: Person) -> None:
    getattr(services, verb)(
        actor=OPERATOR,
        workspace=person.workspace,
        member=person.membership.public_id,
        at=NOON,
    )


@pytest.mark.parametrize("verb", ["remove", "suspend"])
def test_the_next_request_finds_nothing(admin: Person, verb: str) -> None:
    client = admin.client()
    assert client.get(PAGE).status_code == 200

    end(verb, admin)

    assert client.get(PAGE).status_code == 404


def test_who_is_let_in_again_signs_in_anew(admin: Person) -> None:
    client = admin.client()
    end("suspend", admin)
    end("reactivate", admin)

    answer = client.get(PAGE)

    assert answer.status_code == 302
    assert answer["location"] == "/?next=%2Fw%2Fhalden-engineering%2Fmembers%2F"
    assert "_auth_user_id" not in client.session
    assert admin.client().get(PAGE).status_code == 200


def test_a_demotion_counts_at_the_next_request(admin: Person) -> None:
    client = admin.client()

    services.change_role(
        actor=OPERATOR,
        workspace=admin.workspace,
        member=admin.membership.public_id,
        role="member",
        at=NOON,
    )

    answer = client.get(PAGE)
    assert answer.status_code == 403
    assert "Who can: Owner, Admin, Compliance officer" in answer.content.decode()


def test_a_session_without_a_row_is_signed_out(admin: Person) -> None:
    client = Client()
    client.force_login(admin.user, "django.contrib.auth.backends.ModelBackend")

    answer = client.get(PAGE)

    assert answer["location"].startswith("/?next=")
    assert "_auth_user_id" not in client.session


def test_a_session_of_another_organization_reaches_nothing(admin: Person) -> None:
    client = cast.signed_in(
        admin.user, organization_id=cast.elsewhere().organization.id
    )

    assert client.get(PAGE).status_code == 404


def test_a_partial_request_is_sent_to_sign_in_as_a_whole() -> None:
    answer = Client().get(PAGE, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert answer["HX-Redirect"].startswith("/?next=")
