"""People see where they are signed in and end it; admins do for those below them."""

import pytest
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import Person
from tests.workspaces.signin.conftest import entries
from workspaces.members import standing
from workspaces.roles.matrix import Role
from workspaces.signin import devices
from workspaces.signin.models import SignInSession
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

MINE = "/me/sessions/"


@pytest.fixture
def jun(halden: WorkspaceRef) -> Person:
    return cast.member(halden)


@pytest.fixture
def tomasz(halden: WorkspaceRef) -> Person:
    return cast.admin(halden)


def of(person: Person) -> str:
    member = person.membership.public_id
    return f"/w/{person.workspace.slug}/members/{member}/sessions/"


def name_of(client: Client) -> str:
    held = standing.held(client.session)
    assert held is not None
    return str(held.sign_in)


def living(person: Person) -> int:
    with scoping.organization(organization_id=person.workspace.organization.id):
        return SignInSession.objects.filter(user=person.user, ended_at=None).count()


def test_the_page_says_device_address_and_which_is_this_one(jun: Person) -> None:
    client = jun.client()
    jun.client()

    page = client.get(MINE).content.decode()

    assert page.count("Firefox on Linux") >= 2
    assert page.count("This one") == 1
    assert "127.0.0.1" in page
    assert "Code by mail" in page


def test_one_is_ended_after_being_asked(jun: Person) -> None:
    client, other = jun.client(), jun.client()
    url = f"{MINE}{name_of(other)}/end/"

    asked = client.get(url)
    assert b"End Firefox on Linux at 127.0.0.1?" in asked.content
    assert living(jun) == 2
    done = client.post(url)

    assert done["location"] == MINE
    assert living(jun) == 1
    assert other.get(MINE).status_code == 302
    last = entries(jun.workspace.organization)[-1]
    assert last["action"] == "workspaces.session.ended"


def test_all_others_end_and_this_one_stays(jun: Person) -> None:
    client = jun.client()
    jun.client(), jun.client()

    assert b"End all your other sessions?" in client.get(f"{MINE}end/").content
    client.post(f"{MINE}end/")

    assert living(jun) == 1
    assert client.get(MINE).status_code == 200


def test_ending_this_one_signs_out(jun: Person) -> None:
    client = jun.client()

    client.post(f"{MINE}{name_of(client)}/end/")

    assert client.get(MINE).status_code == 302


def test_somebody_elses_session_is_not_there(jun: Person, tomasz: Person) -> None:
    theirs = tomasz.client()

    answer = jun.client().post(f"{MINE}{name_of(theirs)}/end/")

    assert answer.status_code == 404
    assert living(tomasz) == 1


def test_an_ended_session_is_not_there(jun: Person) -> None:
    client, other = jun.client(), jun.client()
    url = f"{MINE}{name_of(other)}/end/"
    client.post(url)

    assert client.post(url).status_code == 404


def test_an_admin_sees_and_ends_a_members(jun: Person, tomasz: Person) -> None:
    theirs, admin = jun.client(), tomasz.client()

    page = admin.get(of(jun)).content.decode()
    assert "Firefox on Linux" in page
    assert "This one" not in page
    admin.post(f"{of(jun)}{name_of(theirs)}/end/")

    assert living(jun) == 0
    with scoping.organization(organization_id=jun.workspace.organization.id):
        row = SignInSession.objects.get(user=jun.user)
        assert row.end_reason == "revoked_by_admin"


def test_an_admin_ends_all_of_a_member(jun: Person, tomasz: Person) -> None:
    jun.client(), jun.client()

    tomasz.client().post(f"{of(jun)}end/")

    assert living(jun) == 0


def test_nobody_looks_above_their_role(halden: WorkspaceRef, tomasz: Person) -> None:
    mara = cast.owner(halden)
    mara.client()

    for url in (of(mara), f"{of(mara)}end/"):
        answer = tomasz.client().get(url)
        assert answer.status_code == 403
        assert b"may do more than you" in answer.content
    assert tomasz.client().post(f"{of(mara)}end/").status_code == 403
    assert living(mara) == 1


def test_a_role_elsewhere_in_the_organization_counts(
    jun: Person, tomasz: Person
) -> None:
    other = cast.workspace(jun.workspace.organization, slug="halden-lab", name="Lab")
    cast.person(other, jun.user.email, Role.OWNER)

    assert tomasz.client().get(of(jun)).status_code == 403


def test_a_role_elsewhere_gives_no_authority_here(
    halden: WorkspaceRef, tomasz: Person
) -> None:
    other = cast.workspace(halden.organization, slug="halden-lab", name="Lab")
    cast.person(other, tomasz.user.email, Role.OWNER)
    second = cast.person(halden, "second@halden.example", Role.OWNER)

    assert tomasz.client().get(of(second)).status_code == 403


def test_others_may_not_look(jun: Person, halden: WorkspaceRef) -> None:
    officer, stranger = cast.officer(halden), cast.owner(cast.elsewhere())

    assert officer.client().get(of(jun)).status_code == 403
    assert stranger.client().get(of(jun)).status_code == 404


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
            "Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 "
            "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0) Firefox/140.0",
            "Firefox on Mac",
        ),
        ("curl/8.0", "Unknown browser"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
    ],
)
def test_a_device_in_words(user_agent: str, said: str) -> None:
    assert devices.words(user_agent) == said
