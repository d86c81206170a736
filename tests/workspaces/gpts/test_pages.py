"""The pages of members: lists, making, editing, one GPT and its versions."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kit import clock, vault
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from tests.workspaces.gpts.studio import NAME, SECRET
from workspaces.access.features import Feature
from workspaces.gpts import selectors, services
from workspaces.gpts.drafts import Tool
from workspaces.gpts.models import Gpt, GptFile, GptVersion
from workspaces.gpts.rules import Rights
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

HOME = "/w/halden-engineering/gpts/"
FORM = {
    "name": NAME,
    "description": "Finds tariffs.",
    "instructions": SECRET,
    "starters": "What does it cost?\n\nWhich rule?",
    "tools": ["web_search"],
    "connectors": "",
    "schema": "",
}


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def noor(where: WorkspaceRef) -> Person:
    return cast.analyst(where)


@pytest.fixture
def client(jun: Person) -> Client:
    return jun.client()


def of(gpt: Gpt, page: str = "") -> str:
    return f"{HOME}{gpt.public_id}/{page}"


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def the_only(where: WorkspaceRef) -> Gpt:
    with studio.opened(where):
        return Gpt.objects.get()


def give(owner: Person, gpt: Gpt, to: Person, rights: str) -> None:
    services.give(
        actor=owner.actor,
        workspace=owner.workspace,
        gpt=gpt.public_id,
        rights=Rights.named(rights),
        email=to.user.email,
        at=NOON,
    )


def test_an_empty_list_leads_to_the_form(client: Client) -> None:
    page = text(client, HOME)

    assert "You have made no GPT" in page
    assert f'href="{HOME}new/"' in page


def test_a_gpt_is_made_and_listed(where: WorkspaceRef, client: Client) -> None:
    answer = client.post(f"{HOME}new/", FORM)

    gpt = the_only(where)
    assert answer["Location"] == of(gpt)
    page = text(client, of(gpt))
    for words in (NAME, "Finds tariffs.", SECRET, "Which rule?", "Search the web"):
        assert words in page
    assert NAME in text(client, HOME)


def test_what_was_written_lies_sealed(where: WorkspaceRef, jun: Person) -> None:
    gpt = studio.make(jun, description="Finds tariffs.")

    with studio.opened(where):
        version = GptVersion.objects.get(gpt_id=gpt.pk)
        for sealed in (bytes(version.summary), bytes(version.config)):
            for words in (NAME, SECRET, "Finds tariffs."):
                assert words.encode() not in sealed


def test_a_destroyed_key_ends_it(where: WorkspaceRef, jun: Person) -> None:
    gpt = studio.make(jun)

    vault.destroy([gpt.key_id], at=NOON)

    with studio.opened(where), pytest.raises(selectors.UnreadableGpt):
        selectors.seals_of(gpt)
    assert "(removed)" in text(jun.client(), HOME)


def test_making_is_recorded_without_a_word_of_it(
    where: WorkspaceRef, jun: Person, recorded: Any
) -> None:
    studio.make(jun, tools=frozenset({Tool.WEB_SEARCH}))

    (found,) = recorded(where, "workspaces.gpt.created")
    assert found == {
        "detail.tools": ["web_search"],
        "detail.action_hosts": [],
        "detail.connectors": [],
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"instructions": "x" * 8_001}, "at most 8000 characters"),
        ({"tools": ["fly"]}, "not one of the available choices"),
        ({"schema": "paths: {}"}, "not JSON"),
        ({"schema": studio.schema("http://a.example")}, "https address"),
        ({"starters": "\n".join("abcdefgh")}, "too many starters"),
        ({"connectors": "no slug!"}, "short name"),
    ],
)
def test_bad_input_is_said_and_makes_nothing(
    where: WorkspaceRef, client: Client, change: dict[str, Any], sentence: str
) -> None:
    answer = client.post(f"{HOME}new/", {**FORM, **change})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with studio.opened(where):
        assert not Gpt.objects.exists()


def test_without_the_feature_the_page_says_so(
    where: WorkspaceRef, client: Client
) -> None:
    studio.baseline(where, Feature.GPTS_CREATE, "off")

    assert "You cannot make GPTs here" in text(client, f"{HOME}new/")
    answer = client.post(f"{HOME}new/", FORM)
    assert answer.status_code == 422
    with studio.opened(where):
        assert not Gpt.objects.exists()


def test_editing_makes_the_next_version(
    where: WorkspaceRef, jun: Person, client: Client
) -> None:
    gpt = studio.make(jun)
    assert SECRET in text(client, of(gpt, "edit/"))

    answer = client.post(of(gpt, "edit/"), {**FORM, "instructions": "Be brief."})

    assert answer["Location"] == of(gpt)
    assert studio.row(where, gpt.public_id).latest_number == 2
    assert "Be brief." in text(client, of(gpt, "versions/"))
    assert SECRET in text(client, of(gpt, "versions/?number=1"))


@pytest.mark.parametrize("number", ["0", "3", "999999999999", "x", "-1"])
def test_a_version_that_is_none(jun: Person, client: Client, number: str) -> None:
    gpt = studio.make(jun)

    answer = client.get(of(gpt, f"versions/?number={number}"))

    assert answer.status_code in {200, 404}


def test_an_editor_edits_and_a_reader_does_not(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    gpt = studio.make(jun)
    give(jun, gpt, noor, "read")
    assert noor.client().post(of(gpt, "edit/"), FORM).status_code == 403

    give(jun, gpt, noor, "write")

    assert noor.client().post(of(gpt, "edit/"), FORM).status_code == 302
    with studio.opened(where):
        newest = GptVersion.objects.get(gpt_id=gpt.pk, number=2)
    assert newest.author_id == noor.membership.pk


def test_instructions_are_for_those_who_may_see_settings(
    jun: Person, noor: Person
) -> None:
    gpt = studio.make(jun, level="workspace")
    assert SECRET not in text(noor.client(), of(gpt))
    assert noor.client().get(of(gpt, "versions/")).status_code == 403

    give(jun, gpt, noor, "view_config")

    assert SECRET in text(noor.client(), of(gpt))
    assert SECRET in text(noor.client(), of(gpt, "versions/"))


def test_an_admin_reads_no_instructions(where: WorkspaceRef, jun: Person) -> None:
    gpt = studio.make(jun)
    owner = cast.owner(where).client()

    for page in ("", "edit/", "versions/", "share/"):
        assert owner.get(of(gpt, page)).status_code == 404


def test_the_tabs_list_what_they_say(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    mine = studio.make(noor, name="Diary")
    given = studio.make(jun, name="Given")
    give(jun, given, noor, "read")
    studio.make(jun, name="Everybodys", level="workspace")
    studio.make(jun, name="Linked", level="workspace_with_link")
    browser = noor.client()

    found = {
        tab: {name for name in NAMES if name in text(browser, f"{HOME}?tab={tab}")}
        for tab in ("mine", "shared", "workspace")
    }

    assert found == {
        "mine": {"Diary"},
        "shared": {"Given"},
        "workspace": {"Everybodys"},
    }
    assert mine.owner_id == noor.membership.pk


NAMES = {"Diary", "Given", "Everybodys", "Linked"}


def test_files_are_sealed_kept_and_dropped(where: WorkspaceRef, client: Client) -> None:
    client.post(f"{HOME}new/", {**FORM, "attachments": [a_file("a.csv"), a_file("b")]})
    gpt = the_only(where)
    with studio.opened(where):
        ids = {str(one.public_id) for one in GptFile.objects.all()}
        names = selectors.file_names_of(gpt=gpt, ids=ids, at=clock.now())
    assert set(names.values()) == {"a.csv", "b"}
    keep = next(str(one) for one, name in names.items() if name == "b")

    client.post(of(gpt, "edit/"), {**FORM, "keep": [keep], "attachments": a_file("c")})

    page = text(client, of(gpt))
    assert ">b<" in page
    assert ">c<" in page
    assert "a.csv" not in page
    assert "a.csv" in text(client, of(gpt, "versions/?number=1"))
    assert studio.row(where, gpt.public_id).byte_count > 0


def test_a_file_of_another_gpt_cannot_be_kept(client: Client, jun: Person) -> None:
    gpt = studio.make(jun)
    answer = client.post(
        of(gpt, "edit/"), {**FORM, "keep": ["00000000-0000-0000-0000-000000000007"]}
    )

    assert answer.status_code in {302, 422}


def test_a_list_costs_the_same_for_many(
    where: WorkspaceRef, jun: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        studio.make(jun, name=f"Helper {number}", level="workspace")
    browser = cast.analyst(where).client()

    with django_assert_max_num_queries(25):
        browser.get(f"{HOME}?tab=workspace")


def a_file(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"rate,price\n1,2\n", content_type="text/csv")
