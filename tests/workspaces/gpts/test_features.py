"""What a workspace switches off is off on the pages of GPTs, with the reason."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import cast
from tests.cast import Person
from tests.workspaces.gpts import studio
from workspaces.access.features import Feature
from workspaces.gpts import selectors
from workspaces.gpts.drafts import Tool
from workspaces.gpts.models import Gpt
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

HOME = "/w/halden-engineering/gpts/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def noor(where: WorkspaceRef) -> Person:
    return cast.analyst(where)


def page(person: Person, address: str) -> str:
    answer = person.client().get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def off(where: WorkspaceRef, *features: Feature) -> None:
    for one in features:
        studio.baseline(where, one, "off")


def test_without_gpts_nobody_sees_those_of_others(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    gpt = studio.make(jun, level="workspace")
    off(where, Feature.GPTS_USE)

    listed = page(noor, f"{HOME}?tab=workspace")
    answer = noor.client().get(f"{HOME}{gpt.public_id}/")

    assert "You may not use GPTs here" in listed
    assert studio.NAME not in listed
    assert answer.status_code == 403
    assert studio.NAME not in answer.content.decode()


def test_without_gpts_their_owner_still_finds_and_deletes_them(
    where: WorkspaceRef, jun: Person
) -> None:
    gpt = studio.make(jun)
    off(where, Feature.GPTS_USE)

    assert studio.NAME in page(jun, HOME)
    shown = page(jun, f"{HOME}{gpt.public_id}/")
    assert "Delete…" in shown


@pytest.mark.parametrize(
    ("tool", "feature"),
    [
        (Tool.WEB_SEARCH, Feature.WEB_SEARCH),
        (Tool.CODE_EXECUTION, Feature.CODE_EXECUTION),
    ],
)
def test_a_tool_is_marked_where_its_feature_is_off(
    where: WorkspaceRef, jun: Person, tool: Tool, feature: Feature
) -> None:
    gpt = studio.make(jun, tools=frozenset({tool, Tool.IMAGE_GENERATION}))
    assert "Not available" not in page(jun, f"{HOME}{gpt.public_id}/")

    off(where, feature)

    assert page(jun, f"{HOME}{gpt.public_id}/").count("Not available") == 1
    with studio.opened(where):
        verdict = selectors.decide(
            member=jun.membership, gpt=gpt.public_id, action="use"
        )
    assert verdict.allowed
    (missing,) = [one.name for one in verdict.trail if one.said == "unavailable"]
    assert missing.endswith("the member may not")


def test_without_file_upload_a_gpt_takes_no_new_files(
    where: WorkspaceRef, jun: Person
) -> None:
    off(where, Feature.FILE_UPLOAD)
    upload = SimpleUploadedFile("a.txt", b"abc")

    answer = jun.client().post(f"{HOME}new/", {"name": "A", "attachments": upload})

    assert answer.status_code == 422
    with studio.opened(where):
        assert not Gpt.objects.exists()
    shown = page(jun, f"{HOME}new/")
    assert 'name="attachments"' not in shown
    jun.client().post(f"{HOME}new/", {"name": "A"})
    with studio.opened(where):
        assert Gpt.objects.count() == 1


def test_without_editing_there_is_no_new_version(
    where: WorkspaceRef, jun: Person
) -> None:
    gpt = studio.make(jun)
    off(where, Feature.GPTS_EDIT)

    answer = jun.client().post(f"{HOME}{gpt.public_id}/edit/", {"name": "B"})

    assert answer.status_code == 403
    assert studio.row(where, gpt.public_id).latest_number == 1
    assert f"{HOME}{gpt.public_id}/edit/" not in page(jun, f"{HOME}{gpt.public_id}/")


def test_a_deleted_gpt_leads_back_to_the_list(where: WorkspaceRef, jun: Person) -> None:
    gpt = studio.make(jun)
    address = f"/me/stored/gpts/{gpt.public_id}/delete/"

    asked = page(jun, address)
    done = jun.client().post(address)

    assert HOME in asked
    assert done["Location"].startswith(HOME)
