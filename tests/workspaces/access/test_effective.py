"""What a member may use, and why: the page, and the part of the member's page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.cast import Person
from tests.workspaces.access.making import a_group, a_role, assign
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    found = cast.member(where)
    role = a_role(
        where,
        "Researchers",
        grants=("holds.view",),
        LINK_SHARING="on",
        MEMORY_USE="off",
    )
    assign(where, role, group=a_group(where, "Lab", found.membership))
    return found


def url(person: Person) -> str:
    return f"/w/halden-engineering/members/{person.membership.public_id}/access/"


def test_every_answer_says_why(owner: Client, jun: Person) -> None:
    page = owner.get(url(jun)).content.decode()

    assert "“Memory” is off. Set by the role “Researchers” (through the group" in page
    assert "“Web search” is on. Set by the workspace." in page
    assert "Default: leaves it to the workspace" in page


def test_every_permission_says_what_gives_it(owner: Client, jun: Person) -> None:
    powers = owner.get(url(jun)).context["powers"]

    found = {str(one["label"]): one for one in powers}
    assert found["See legal holds"]["allowed"]
    assert found["See legal holds"]["sources"] == [
        "the role “Researchers” (through the group “Lab”)"
    ]
    assert found["Use own conversations"]["sources"] == ["the built-in role Member"]
    assert not found["Place and release legal holds"]["allowed"]


def test_it_is_a_part_of_the_page_of_the_member(owner: Client, jun: Person) -> None:
    member = url(jun).removesuffix("access/")

    whole = owner.get(member).content.decode()
    part = owner.get(url(jun), headers={"hx-request": "true"}).content.decode()

    assert f'hx-get="{url(jun)}"' in whole
    assert "<html" not in part
    assert 'id="access"' in part


def test_who_sees_members_by_a_grant_alone_does_not_see_it(
    where: WorkspaceRef, jun: Person
) -> None:
    role = a_role(where, "Receptionists", grants=("members.view",))
    assign(where, role, membership=jun.membership)
    browser = jun.client()

    page = browser.get(url(jun).removesuffix("access/"))
    refused = browser.get(url(jun))

    assert page.status_code == 200
    assert "/access/" not in page.content.decode()
    assert refused.status_code == 403


def test_more_roles_cost_no_query_more(
    where: WorkspaceRef, owner: Client, jun: Person
) -> None:
    owner.get(url(jun))
    with CaptureQueriesContext(connection) as few:
        owner.get(url(jun))
    for number in range(10):
        role = a_role(where, f"Role {number}", MEMORY_USE="on", grants=("holds.view",))
        assign(where, role, group=a_group(where, f"Group {number}", jun.membership))

    with CaptureQueriesContext(connection) as many:
        owner.get(url(jun))

    assert len(many) == len(few)
