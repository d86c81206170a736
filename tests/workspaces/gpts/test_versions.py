"""Comparing versions of a GPT and taking its files home: for who sees its settings."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from tests.workspaces.gpts.conftest import Recorded
from workspaces.gpts import services
from workspaces.gpts.drafts import Tool, Upload
from workspaces.gpts.models import Gpt, GptVersion
from workspaces.gpts.rules import Rights
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

OLD = "Be polite.\nNever mention the margin."
NEW = "Be polite.\nMention the margin when asked."
NAMED = 'price list "ß"\u202e.txt'


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
def gpt(where: WorkspaceRef, jun: Person) -> Gpt:
    made = studio.make(
        jun,
        instructions=OLD,
        uploads=[Upload(name=NAMED, kind="text/html", data=b"<b>1</b>")],
    )
    services.save_version(
        actor=jun.actor,
        workspace=where,
        gpt=made.public_id,
        draft=studio.draft(instructions=NEW, tools=frozenset({Tool.WEB_SEARCH})),
        at=NOON,
    )
    return studio.row(where, made.public_id)


def url(gpt: Gpt, page: str) -> str:
    return f"/w/halden-engineering/gpts/{gpt.public_id}/{page}"


def file_url(where: WorkspaceRef, gpt: Gpt) -> str:
    with studio.opened(where):
        first = GptVersion.objects.get(gpt_id=gpt.pk, number=1)
    return url(gpt, f"files/{first.file_ids[0]}/")


def give(jun: Person, gpt: Gpt, to: Person, rights: str) -> None:
    services.give(
        actor=jun.actor,
        workspace=jun.workspace,
        gpt=gpt.public_id,
        rights=Rights.named(rights),
        email=to.user.email,
        at=NOON,
    )


@pytest.mark.parametrize("asked", ["number=2&against=1", "number=1&against=2"])
def test_a_comparison_shows_what_went_and_what_came(
    jun: Person, gpt: Gpt, asked: str
) -> None:
    page = jun.client().get(url(gpt, f"versions/?{asked}")).content.decode()

    changes = page.partition('class="c-diff"')[2].partition("</dl>")[0]
    assert "From version 1 to version 2" in page
    assert "<del>Never mention the margin.</del>" in changes
    assert "<ins>Mention the margin when asked.</ins>" in changes
    assert "<ins>Search the web</ins>" in changes
    assert "Be polite." not in changes
    assert "Name" not in changes


def test_the_same_version_twice_is_no_comparison(jun: Person, gpt: Gpt) -> None:
    page = jun.client().get(url(gpt, "versions/?number=2&against=2")).content.decode()

    assert "From version" not in page


@pytest.mark.parametrize("against", ["9", "0", "-1", "x", "²", "9" * 30])
def test_an_unknown_version_is_none(jun: Person, gpt: Gpt, against: str) -> None:
    answer = jun.client().get(url(gpt, f"versions/?against={against}"))

    assert answer.status_code in {200, 404}
    assert b"From version" not in answer.content


def test_who_only_chats_compares_nothing(jun: Person, noor: Person, gpt: Gpt) -> None:
    give(jun, gpt, noor, "read")

    answer = noor.client().get(url(gpt, "versions/?number=2&against=1"))

    assert answer.status_code == 403
    assert b"margin" not in answer.content


def test_who_sees_the_settings_takes_its_files(
    where: WorkspaceRef, jun: Person, noor: Person, gpt: Gpt
) -> None:
    give(jun, gpt, noor, "view_config")

    answer = noor.client().get(file_url(where, gpt))

    assert answer.content == b"<b>1</b>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert answer["X-Content-Type-Options"] == "nosniff"
    page = noor.client().get(url(gpt, "versions/?number=1")).content.decode()
    assert file_url(where, gpt) in page


def test_what_another_member_reads_is_one_entry_a_request(
    where: WorkspaceRef, jun: Person, noor: Person, gpt: Gpt, recorded: Recorded
) -> None:
    give(jun, gpt, noor, "view_config")
    file = file_url(where, gpt)

    for reader in (jun, noor):
        for address in (url(gpt, ""), url(gpt, "versions/?number=2&against=1"), file):
            assert reader.client().get(address).status_code == 200

    found = recorded(where, "workspaces.gpt.read")
    assert [one["detail.versions"] for one in found] == [[2], [2, 1], []]
    assert found[2]["detail.files"] == [file.rstrip("/").rpartition("/")[2]]


def test_who_only_chats_takes_no_file(
    where: WorkspaceRef, jun: Person, noor: Person, gpt: Gpt
) -> None:
    assert noor.client().get(file_url(where, gpt)).status_code == 404
    give(jun, gpt, noor, "read")

    assert noor.client().get(file_url(where, gpt)).status_code == 403


def test_a_file_of_another_gpt_is_none(
    where: WorkspaceRef, jun: Person, gpt: Gpt
) -> None:
    other = studio.make(jun)
    stolen = file_url(where, gpt).replace(str(gpt.public_id), str(other.public_id))

    assert jun.client().get(stolen).status_code == 404
    assert jun.client().get(url(gpt, f"files/{uuid4()}/")).status_code == 404


def test_a_file_that_is_uploaded_comes_back_as_it_was(jun: Person) -> None:
    upload = SimpleUploadedFile("a.bin", bytes(range(256)))
    jun.client().post(
        "/w/halden-engineering/gpts/new/", {"name": "Files", "attachments": upload}
    )
    with studio.opened(jun.workspace):
        made = Gpt.objects.get()

    got = jun.client().get(file_url(jun.workspace, made))

    assert got.content == bytes(range(256))
