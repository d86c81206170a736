"""Owners and admins of an organization see its workspaces and open more."""

import pytest

from tests import cast
from tests.retention.conftest import Stage
from tests.workspaces.settings import leaves
from workspaces.tenancy.models import Workspace

URL = "/o/halden-instruments/workspaces/"
NEW = {"name": "Halden Lab", "slug": "halden-lab", "plan": "enterprise"}


def slugs(stage: Stage) -> set[str]:
    from kit import scoping

    with scoping.organization(organization_id=stage.workspace.organization.id):
        return set(Workspace.objects.values_list("slug", flat=True))


def test_an_owner_opens_one_and_owns_it(stage: Stage):
    browser = stage.owner.client()

    answer = browser.post(URL + "open/", NEW)

    assert answer.status_code == 302
    assert slugs(stage) == {"halden-engineering", "halden-lab"}
    assert "Halden Lab" in browser.get(URL).content.decode()
    assert browser.get("/w/halden-lab/").status_code == 200
    assert len(leaves.of(stage, "workspaces.workspace.created")) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"slug": "halden-engineering"},
        {"slug": "Halden Lab"},
        {"slug": ""},
        {"name": " "},
        {"plan": "team"},
        {"plan": "gold"},
    ],
)
def test_a_bad_one_is_refused_and_nothing_is_opened(stage: Stage, changed):
    answer = stage.owner.client().post(URL + "open/", NEW | changed)

    assert answer.status_code == 422
    assert slugs(stage) == {"halden-engineering"}


def test_a_slug_of_another_organization_is_taken(stage: Stage):
    other = cast.elsewhere()

    answer = stage.owner.client().post(URL + "open/", NEW | {"slug": other.slug})

    assert answer.status_code == 422


def test_members_and_strangers_find_no_such_page(stage: Stage):
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    for person in (stage.member, stage.officer, stranger):
        assert person.client().get(URL).status_code == 404
        assert person.client().post(URL + "open/", NEW).status_code == 404
