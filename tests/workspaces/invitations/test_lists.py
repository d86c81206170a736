"""Inviting a list: what each row becomes is told before anything is done."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kit import clock, scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.invitations import lists, services, tasks
from workspaces.invitations.models import Invitation
from workspaces.invitations.views import uploads
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.members import services as members
from workspaces.tenancy.selectors import WorkspaceRef

PAGE = "/w/halden-engineering/invitations/"
HEAD = "email,role,seat type\n"


@pytest.fixture(autouse=True)
def _bells(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tasks, "ring", lambda: None)
    monkeypatch.setattr(uploads.job_tasks, "ring", lambda: None)
    return


@pytest.fixture
def where(db: None) -> WorkspaceRef:
    return cast.workspace()


def upload(client: Client, text: str | bytes) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("people.csv", content, content_type="text/csv")
    return client.post(f"{PAGE}upload/", {"file": file})


def signed(answer: Any) -> str:
    found = re.search(r'name="list" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


def invited(where: WorkspaceRef) -> dict[str, tuple[str, str]]:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        rows = Invitation.objects.values_list("email", "role", "seat")
        return {email: (role, seat) for email, role, seat in rows}


def test_nothing_happens_before_the_preview_is_confirmed(where: WorkspaceRef) -> None:
    client = cast.owner(where).client()
    preview = upload(
        client,
        HEAD + "Vera@x.example,ADMIN,codex\nida@x.example,,\ntor@x.example,king,sofa\n"
        "bad,member,\nvera@x.example,member,ChatGPT\n",
    )

    page = preview.content.decode()
    assert "3 people would be invited" in page
    assert "5 rows: 1 invited with something else than they say, 2 refused" in page
    assert "There is no role “king”" in page
    assert "There is no seat type “sofa”" in page
    assert "The same address as in line 2" in page
    assert invited(where) == {}

    done = client.post(f"{PAGE}confirm/", {"list": signed(preview)})

    assert "3 people are invited" in done.content.decode()
    assert invited(where) == {
        "vera@x.example": ("admin", "code"),
        "ida@x.example": ("member", "chat"),
        "tor@x.example": ("member", "chat"),
    }


def test_admins_invite_owners_as_members_and_are_told(where: WorkspaceRef) -> None:
    preview = upload(cast.admin(where).client(), HEAD + "vera@x.example,Owner,\n")

    assert "You may not give the role Owner" in preview.content.decode()


def test_members_the_invited_and_missing_seats_are_told(where: WorkspaceRef) -> None:
    jun = cast.member(where)
    services.invite(
        actor=OPERATOR,
        workspace=where,
        email="in@x.example",
        role="member",
        at=clock.now(),
    )
    members.set_seats(actor=OPERATOR, workspace=where, limit=4, default="chat", at=NOON)

    page = upload(
        cast.owner(where).client(),
        HEAD + f"{jun.user.email}\nin@x.example\nfits@x.example\nlate@x.example\n",
    ).content.decode()

    for sentence in ("A member already", "Invited already", "No seat is left"):
        assert sentence in page
    assert "1 person would be invited" in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The first line must name the columns"),
        (b"name,role\nx,y\n", "The first line must name the columns"),
        (HEAD.encode(), "holds no people"),
        ("email\né\n".encode("latin-1"), "Line 2 is not UTF-8"),
        ("email\na@x.example\n".encode("utf-16"), "saved as UTF-16"),
        (b"email\na\0@x.example\n", "NUL"),
        (b"email\n" + b"a" * 2_000_001, "larger than 2 MB"),
        (b'email\n"' + b"a" * 140_000 + b'"\n', "cannot be read as CSV"),
        (b"email\n" + b"a@x.example\n" * 10_001, "more than 10,000 people"),
        (b"\xff\xfe", "saved as UTF-16"),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(
    where: WorkspaceRef, content: bytes, sentence: str
) -> None:
    answer = upload(cast.owner(where).client(), content)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)@x.example", "+a@x.example", "@x"])
def test_formulas_are_refused(cell: str) -> None:
    (row,) = lists.read(f"email\n{cell}\n".encode())

    assert "formula" in row.flaw


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffE-Mail;Seat Type;ROLE\nA@x.example;Codex;Admin\n",
        'role,"email","seat type"\r\nAdmin,a@x.example,CODEX\r\n\r\n',
    ],
)
def test_the_shapes_of_spreadsheets_are_read(text: str) -> None:
    (row,) = lists.read(text.encode())

    assert (row.email, row.role, row.seat.lower()) == ("a@x.example", "Admin", "codex")


@pytest.mark.parametrize("tampered", ["", "x", "eyJhIjoxfQ:1x:abc"])
def test_a_list_that_was_not_written_here_is_refused(
    where: WorkspaceRef, tampered: str
) -> None:
    answer = cast.owner(where).client().post(f"{PAGE}confirm/", {"list": tampered})

    assert answer.status_code == 422
    assert invited(where) == {}


def test_the_list_of_somebody_else_is_refused(where: WorkspaceRef) -> None:
    preview = upload(cast.owner(where).client(), HEAD + "a@x.example,owner,\n")

    answer = (
        cast.admin(where).client().post(f"{PAGE}confirm/", {"list": signed(preview)})
    )

    assert answer.status_code == 422


def test_confirming_twice_invites_once(where: WorkspaceRef) -> None:
    client = cast.owner(where).client()
    kept = signed(upload(client, HEAD + "a@x.example,,\n"))
    client.post(f"{PAGE}confirm/", {"list": kept})

    again = client.post(f"{PAGE}confirm/", {"list": kept}).content.decode()

    assert "Invited already" in again
    assert len(invited(where)) == 1


@pytest.mark.django_db(databases=["default", "owner", "vault"])
def test_a_long_list_is_a_job_with_a_file(where: WorkspaceRef) -> None:
    client = cast.owner(where).client()
    many = "".join(f"person{n}@x.example,,\n" for n in range(101))
    kept = signed(upload(client, HEAD + many))

    answer = client.post(f"{PAGE}confirm/", {"list": kept})
    jobs.run_due(clock=clock.now)

    page = client.get(answer["location"]).content.decode()
    assert "101 invited, 0 not" in page
    assert len(invited(where)) == 101
    file = client.get(f"{answer['location']}result/")
    assert b"person100@x.example,invited" in file.content
    assert (
        cast.admin(where).client().get(f"{answer['location']}result/").status_code
        == 404
    )
    with scoping.organization(organization_id=where.organization.id):
        assert "x.example" not in str(Job.objects.get().arguments)
