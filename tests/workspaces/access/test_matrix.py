"""The matrix of settings and roles, and what the built-in roles may do."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.workspaces.access.making import a_role, opened
from workspaces.access.models import Baseline
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

MATRIX = "/w/halden-engineering/roles/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def cells(browser: Client, label: str, query: str = "") -> list[tuple[str, str, bool]]:
    groups = browser.get(f"{MATRIX}{query}").context["groups"]
    rows = [row for group in groups for row in group["rows"]]
    (row,) = (one for one in rows if one["label"] == label)
    return [(one["role"], one["word"], one["overrides"]) for one in row["cells"]]


def test_without_roles_it_teaches_what_they_are_for(owner: Client) -> None:
    page = owner.get(MATRIX).content.decode()

    assert "No custom roles" in page
    assert "Use GPTs" in page


def test_a_cell_is_inherited_or_overridden(where: WorkspaceRef, owner: Client) -> None:
    a_role(where, "Contractors", MEMORY_USE="off")
    a_role(where, "Researchers")
    with opened(where):
        Baseline.objects.create(
            workspace_id=where.id, feature="memory.use", value="off"
        )

    found = cells(owner, "Memory")

    assert found == [("Contractors", "Off", True), ("Researchers", "Off", False)]
    page = owner.get(MATRIX).content.decode()
    assert "Overridden" in page
    assert "inherited" in page
    assert "Set here" in page


def test_many_roles_are_shown_four_at_a_time(
    where: WorkspaceRef, owner: Client
) -> None:
    for number in range(6):
        a_role(where, f"Role {number}")

    first = owner.get(MATRIX)
    second = cells(owner, "Memory", first.context["pages"]["next"])

    assert [one["name"] for one in first.context["columns"]] == [
        "Role 0",
        "Role 1",
        "Role 2",
        "Role 3",
    ]
    assert [name for name, _word, _overrides in second] == ["Role 4", "Role 5"]


@pytest.mark.parametrize("query", ["?from=x", "?from=-1", "?from=99999", "?from=٣"])
def test_a_link_that_names_no_place_is_refused(owner: Client, query: str) -> None:
    assert owner.get(f"{MATRIX}{query}").status_code == 400


def test_an_admin_sees_why_they_cannot_make_roles(where: WorkspaceRef) -> None:
    page = cast.admin(where).client().get(MATRIX).content.decode()

    assert "Only owners change roles." in page


def test_a_hundred_roles_cost_no_query_more(where: WorkspaceRef, owner: Client) -> None:
    a_role(where, "Role", MEMORY_USE="off", grants=("holds.view",))
    owner.get(MATRIX)
    with CaptureQueriesContext(connection) as few:
        owner.get(MATRIX)
    for number in range(20):
        a_role(where, f"Role {number}", MEMORY_USE="off", grants=("holds.view",))

    with CaptureQueriesContext(connection) as many:
        owner.get(MATRIX)

    assert len(many) == len(few)


def test_the_built_in_roles_are_shown_for_each_plan(owner: Client) -> None:
    here = owner.get(f"{MATRIX}built-in/")
    team = owner.get(f"{MATRIX}built-in/?plan=team")
    nonsense = owner.get(f"{MATRIX}built-in/?plan=gold")

    labels = [{row["label"] for row in one.context["rows"]} for one in (here, team)]
    assert "Set retention policies" in labels[0]
    assert "Set retention policies" not in labels[1]
    assert nonsense.context["rows"] == here.context["rows"]
