"""The share page: what is possible, and why the rest is not."""

import pytest
from django.test import Client

from tests import cast
from tests.cast import Person
from tests.workspaces.gpts import studio
from workspaces.gpts.models import Gpt, GptShare
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def gpt(jun: Person) -> Gpt:
    return studio.make(jun)


@pytest.fixture
def url(gpt: Gpt) -> str:
    return f"/w/halden-engineering/gpts/{gpt.public_id}/share/"


@pytest.fixture
def client(jun: Person) -> Client:
    return jun.client()


def test_levels_that_are_out_of_reach_say_why(
    where: WorkspaceRef, client: Client, url: str
) -> None:
    studio.ceiling(where, "workspace_with_link")

    page = client.get(url).content.decode()

    assert "You may share up to “Workspace, with the link”." in page
    assert "does not share GPTs with the public" in page
    assert page.count("disabled") == 3


def test_a_level_is_chosen(
    where: WorkspaceRef, client: Client, gpt: Gpt, url: str
) -> None:
    answer = client.post(url, {"level": "workspace"})

    assert answer["Location"] == url
    assert studio.row(where, gpt.public_id).visibility == "workspace"


@pytest.mark.parametrize("level", ["", "none", "galaxy", "gpt_store", "x" * 3_000])
def test_another_level_changes_nothing(
    where: WorkspaceRef, client: Client, gpt: Gpt, url: str, level: str
) -> None:
    answer = client.post(url, {"level": level})

    assert 400 <= answer.status_code < 500
    assert "It is not shared so" in answer.content.decode()
    assert studio.row(where, gpt.public_id).visibility == "invite_only"


def test_a_colleague_is_invited_and_uninvited(
    where: WorkspaceRef, client: Client, url: str
) -> None:
    noor = cast.analyst(where)

    client.post(f"{url}give/", {"email": noor.user.email, "rights": "write"})

    assert "noor.haddad" in client.get(url).content.decode()
    with studio.opened(where):
        share = GptShare.objects.get()
    client.post(f"{url}take/", {"share": str(share.public_id)})
    with studio.opened(where):
        assert not GptShare.objects.exists()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"email": "a@halden.example", "group": "Design", "rights": "read"},
        {"email": "nobody@halden.example", "rights": "read"},
        {"email": "x" * 300, "rights": "read"},
        {"group": "Nobody", "rights": "read"},
        {"email": "noor.haddad@halden.example", "rights": "own"},
    ],
)
def test_who_cannot_be_invited_is_said(
    where: WorkspaceRef, client: Client, url: str, form: dict[str, str]
) -> None:
    cast.analyst(where)

    answer = client.post(f"{url}give/", form)

    assert answer.status_code == 422
    with studio.opened(where):
        assert not GptShare.objects.exists()


@pytest.mark.parametrize("share", ["", "7", "00000000-0000-0000-0000-000000000007"])
def test_a_share_that_is_none_is_not_taken(
    client: Client, url: str, share: str
) -> None:
    assert client.post(f"{url}take/", {"share": share}).status_code == 404


def test_nothing_waits_that_could_be_withdrawn(client: Client, url: str) -> None:
    assert client.post(f"{url}withdraw/").status_code == 409


def test_only_the_owner_opens_it(where: WorkspaceRef, jun: Person) -> None:
    gpt = studio.make(jun, level="workspace")
    url = f"/w/halden-engineering/gpts/{gpt.public_id}/share/"
    browser = cast.analyst(where).client()

    assert browser.get(url).status_code == 403
    assert browser.post(url, {"level": "invite_only"}).status_code == 403
    assert studio.row(where, gpt.public_id).visibility == "workspace"


def test_a_stranger_finds_nothing(url: str) -> None:
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example").client()

    assert stranger.get(url).status_code == 404
