"""Asking to join: who may, who answers, and what both sides are told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from workspaces.joining import services
from workspaces.joining.models import JoinRequest
from workspaces.members import services as members
from workspaces.members.models import Membership
from workspaces.notices.models import Notice
from workspaces.signin.services import domains
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

MINE = "/me/workspaces/"
PAGE = "/w/halden-research/join-requests/"


@pytest.fixture
def here(clock: Callable[..., None]) -> WorkspaceRef:
    """Where people are already."""
    return cast.workspace()


@pytest.fixture
def research(here: WorkspaceRef) -> WorkspaceRef:
    """Another workspace of the organization, which takes requests."""
    found = cast.workspace(
        here.organization, slug="halden-research", name="Halden Research"
    )
    domains.verify(
        actor=OPERATOR,
        organization=here.organization,
        domain="halden.example",
        attested_by="tests",
        at=NOON,
    )
    services.switch(actor=OPERATOR, workspace=found, takes_requests=True, at=NOON)
    return found


@pytest.fixture
def jun(here: WorkspaceRef) -> Person:
    return cast.member(here)


def ask(client: Client, where: WorkspaceRef) -> Any:
    return client.post(f"{MINE}{where.public_id}/ask/", follow=True)


def asked(where: WorkspaceRef) -> JoinRequest:
    with _open(where):
        return JoinRequest.objects.get()


def told(where: WorkspaceRef) -> list[tuple[str, str]]:
    with scoping.organization(organization_id=where.organization.id):
        rows = Notice.objects.filter(kind="join-request").order_by("id")
        return list(rows.values_list("email", "text"))


def test_a_colleague_asks_and_is_let_in(research: WorkspaceRef, jun: Person) -> None:
    client, owner = jun.client(), cast.owner(research).client()
    assert "Ask to join Halden Research" in client.get(MINE).content.decode()

    answer = ask(client, research)
    page = owner.get(PAGE).content.decode()
    owner.post(f"{PAGE}{asked(research).public_id}/approve/")

    assert "the answer comes by mail" in answer.content.decode()
    assert jun.user.email in page
    with _open(research):
        row = Membership.objects.get(email=jun.user.email)
    assert (row.role, row.source, row.status) == ("member", "request", "active")
    assert [email for email, _text in told(research)] == [
        "mara.lindqvist@halden.example",
        jun.user.email,
    ]


def test_who_is_refused_is_told_why(research: WorkspaceRef, jun: Person) -> None:
    client, owner = jun.client(), cast.owner(research).client()
    ask(client, research)
    page = f"{PAGE}{asked(research).public_id}/refuse/"

    silent = owner.post(page, {"reason": " "})
    owner.post(page, {"reason": "The study is closed."})

    assert silent.status_code == 422
    assert "The study is closed." in told(research)[-1][1]
    assert "The study is closed." in client.get(MINE).content.decode()
    assert owner.post(page, {"reason": "again"}).status_code == 409
    with _open(research):
        assert not Membership.objects.filter(email=jun.user.email).exists()


def test_asking_twice_and_from_inside_is_refused(
    research: WorkspaceRef, jun: Person
) -> None:
    client = jun.client()
    ask(client, research)

    assert ask(client, research).status_code == 409
    assert ask(cast.owner(research).client(), research).status_code == 409


def test_nobody_asks_where_it_is_off(research: WorkspaceRef, jun: Person) -> None:
    owner = cast.owner(research).client()
    owner.post(f"{PAGE}switch/", {})

    assert ask(jun.client(), research).status_code == 404
    assert "None lets you ask" in jun.client().get(MINE).content.decode()
    owner.post(f"{PAGE}switch/", {"takes_requests": "on"})
    assert ask(jun.client(), research).status_code == 200


def test_guests_and_strangers_cannot_ask(
    here: WorkspaceRef, research: WorkspaceRef
) -> None:
    guest = cast.person(here, "guest@elsewhere.example")
    stranger = cast.person(cast.elsewhere(), "vera@brennan.example")

    assert ask(guest.client(), research).status_code == 404
    assert ask(stranger.client(), research).status_code == 404


def test_without_a_seat_nobody_is_let_in(research: WorkspaceRef, jun: Person) -> None:
    ask(jun.client(), research)
    members.set_seats(
        actor=OPERATOR, workspace=research, limit=1, default="chat", at=NOON
    )

    answer = (
        cast.owner(research)
        .client()
        .post(f"{PAGE}{asked(research).public_id}/approve/")
    )

    assert answer.status_code == 409
    assert asked(research).state == "pending"


def test_the_unpermitted_are_refused(research: WorkspaceRef, jun: Person) -> None:
    ask(jun.client(), research)
    one = f"{PAGE}{asked(research).public_id}/"

    assert cast.member(research).client().get(PAGE).status_code == 403
    officer = cast.officer(research).client()
    assert officer.get(PAGE).status_code == 200
    assert officer.post(f"{one}approve/").status_code == 403
    assert cast.admin(research).client().post(f"{PAGE}switch/").status_code == 403


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"state": "maybe"}, "join_request_(state_known|decided_by_somebody)"),
    ({"decided_at": NOON}, "join_request_decided_by_somebody"),
    (
        {"state": "refused", "decided_at": NOON, "decided_by": "x"},
        "join_request_refused_with_reason",
    ),
]


@pytest.mark.parametrize(("values", "name"), BROKEN, ids=str)
def test_the_database_refuses(
    research: WorkspaceRef, jun: Person, values: dict[str, Any], name: str
) -> None:
    ask(jun.client(), research)

    with (
        _open(research),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        JoinRequest.objects.update(**values)


def _open(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )


def test_the_overview_says_who_waits(research: WorkspaceRef, jun: Person) -> None:
    admin = cast.admin(research).client()
    overview = f"/w/{research.slug}/"
    assert "asks to join" not in admin.get(overview).content.decode()

    ask(jun.client(), research)

    page = admin.get(overview).content.decode()
    assert "1 person asks to join" in page
    assert f'href="{PAGE}"' in page
