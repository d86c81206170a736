"""The list of members."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kit import scoping
from tests import cast
from tests.cast import NOON
from workspaces.members.models import Membership, User
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/members/"
# Session, person, two doors, scope in and out, transaction, page, counts, seats, jobs.
BUDGET = 17


def crowd(where: WorkspaceRef, number: int, **columns: str) -> None:
    emails = [f"person{n:03}@halden.example" for n in range(number)]
    people = User.objects.bulk_create(
        User(email=email, created_at=NOON) for email in emails
    )
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        Membership.objects.bulk_create(
            Membership(
                workspace_id=where.id,
                user=person,
                email=person.email,
                created_at=NOON,
                **{"role": "member", **columns},
            )
            for person in people
        )


def addresses(content: str) -> int:
    return content.count("@halden.example</td>")


def test_it_shows_who_is_in_with_role_and_count() -> None:
    where = cast.workspace()
    cast.officer(where)

    page = cast.owner(where).client().get(PAGE).content.decode()

    assert "2 people are in this workspace" in page
    assert "ife.adeyemi@halden.example" in page
    assert "Compliance officer" in page


def test_it_finds_the_beginning_of_an_address() -> None:
    where = cast.workspace()
    crowd(where, 12)
    client = cast.owner(where).client()

    page = client.get(PAGE, {"q": " PERSON01 "}).content.decode()

    assert addresses(page) == 2
    assert "begins with" in page


def test_it_finds_a_role() -> None:
    where = cast.workspace()
    cast.officer(where)
    client = cast.owner(where).client()

    page = client.get(PAGE, {"role": "compliance_officer"}).content.decode()

    assert addresses(page) == 1


@pytest.mark.parametrize("q", ["mara l", "LINDQV", "lindqvist mara", "mara.lind"])
def test_it_finds_the_beginning_of_a_name_or_surname(q: str) -> None:
    where = cast.workspace()
    crowd(where, 3)
    client = cast.owner(where).client()
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        Membership.objects.filter(email="mara.lindqvist@halden.example").update(
            name="Mara Lindqvist"
        )

    page = client.get(PAGE, {"q": q}).content.decode()

    assert addresses(page) == 1


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        ({"status": "suspended"}, {"status": "suspended"}),
        ({"status": "removed"}, {"status": "removed"}),
        ({"seat": "code"}, {"seat": "code"}),
        ({"source": "scim"}, {"kept": "scim"}),
        ({"seat": "code", "role": "admin"}, {"seat": "code", "role": "admin"}),
    ],
)
def test_it_filters(columns: dict[str, str], asked: dict[str, str]) -> None:
    where = cast.workspace()
    crowd(where, 3, **columns)
    client = cast.owner(where).client()

    assert addresses(client.get(PAGE, asked).content.decode()) == 3
    nobody = client.get(PAGE, {**asked, "q": "zoe"}).content.decode()
    assert addresses(nobody) == 0


def test_it_narrows_to_a_group() -> None:
    where = cast.workspace()
    owner, jun = cast.owner(where), cast.member(where)
    from workspaces.groups import services as groups

    made = groups.found(actor=owner.actor, workspace=where, name="Lab", at=NOON)
    groups.admit(
        actor=owner.actor,
        workspace=where,
        group=made.public_id,
        members=[jun.membership.public_id],
        at=NOON,
    )

    page = owner.client().get(PAGE, {"group": str(made.public_id)}).content.decode()

    assert addresses(page) == 1
    assert "Group is <b>Lab</b>" in page
    assert owner.client().get(PAGE, {"group": "nonsense"}).status_code == 404


def test_the_number_follows_every_change() -> None:
    where = cast.workspace()
    crowd(where, 30)
    owner = cast.owner(where)
    from workspaces.members import selectors, services

    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        rows = Membership.objects.filter(role="member").order_by("id")
        for row in list(rows[:20]):
            services.suspend(
                actor=owner.actor, workspace=where, member=row.public_id, at=NOON
            )
        services.remove(
            actor=owner.actor, workspace=where, member=rows[29].public_id, at=NOON
        )
        found = selectors.counts()

        assert (found.total, found.suspended) == (30, 20)
        assert selectors.seats(workspace_id=where.id).taken == 10


@pytest.mark.parametrize("q", ["%", "_", "\x00", "\U0010ffff", "x" * 300, "'"])
def test_odd_searches_find_nobody(q: str) -> None:
    client = cast.owner(cast.workspace()).client()

    answer = client.get(PAGE, {"q": q})

    assert answer.status_code == 200
    assert "Nobody fits" in answer.content.decode()


def test_it_pages_without_repeating_anyone() -> None:
    where = cast.workspace()
    crowd(where, 120)
    client = cast.owner(where).client()
    seen: list[int] = []
    page = client.get(PAGE)
    while page.context["next_url"]:
        seen.append(len(page.context["members"]))
        page = client.get(PAGE + page.context["next_url"])

    assert [*seen, len(page.context["members"])] == [50, 50, 21]


def test_a_cursor_of_another_list_is_a_bad_request() -> None:
    client = cast.owner(cast.workspace()).client()

    assert client.get(PAGE, {"after": "bm90"}).status_code == 400


def test_htmx_receives_the_rows_alone() -> None:
    client = cast.owner(cast.workspace()).client()

    part = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert 'id="rows"' in part


def test_removed_people_are_not_in_the_list() -> None:
    where = cast.workspace()
    gone = cast.member(where)
    owner = cast.owner(where)
    from workspaces.members import services

    services.remove(
        actor=owner.actor, workspace=where, member=gone.membership.public_id, at=NOON
    )

    page = owner.client().get(PAGE).content.decode()

    assert gone.user.email not in page


def test_the_number_of_queries_does_not_grow() -> None:
    where = cast.workspace()
    client = cast.owner(where).client()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    crowd(where, 60)

    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(many) == len(few) <= BUDGET, [q["sql"] for q in many]


def test_a_stranger_and_the_unpermitted_are_refused() -> None:
    where = cast.workspace()
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    assert stranger.client().get(PAGE).status_code == 404
    assert cast.analyst(where).client().get(PAGE).status_code == 403
    assert cast.member(where).client().get(PAGE).status_code == 403
