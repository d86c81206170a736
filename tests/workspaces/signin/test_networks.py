"""An organization says from which networks its people and keys come."""

import pytest
from django.http import HttpResponse

from kit import scoping
from tests import cast
from tests.cast import Person
from tests.workspaces.signin.conftest import entries
from workspaces.signin.services import allowed_networks
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/o/halden-instruments/networks/"


@pytest.fixture
def mara(halden: WorkspaceRef) -> Person:
    return cast.owner(halden)


def save(person: Person, **form: str) -> HttpResponse:
    answer: HttpResponse = person.client().post(PAGE, form, REMOTE_ADDR="192.0.2.7")
    return answer


def lists(person: Person) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with scoping.organization(organization_id=person.workspace.organization.id):
        found = allowed_networks.current()
        return found.portal, found.api


def test_both_lists_are_saved_and_recorded(mara: Person) -> None:
    answer = save(
        mara, portal="192.0.2.0/24\n\n2001:DB8::/32\n192.0.2.0/24", api="198.51.100.9"
    )

    assert answer.status_code == 302
    assert lists(mara) == (("192.0.2.0/24", "2001:db8::/32"), ("198.51.100.9/32",))
    last = entries(mara.workspace.organization)[-1]
    assert last["action"] == "workspaces.networks.changed"


def test_saving_the_same_again_is_not_recorded(mara: Person) -> None:
    save(mara, portal="192.0.2.0/24", api="")
    before = len(entries(mara.workspace.organization))

    save(mara, portal="192.0.2.0/24", api="")

    assert len(entries(mara.workspace.organization)) == before


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("portal", "192.0.2.0/24\nhome", "Line 2: “home” is no network"),
        ("api", "192.0.2.1/24", "Line 1: “192.0.2.1/24” is no network"),
        ("api", "\n\n300.1.1.1", "Line 3:"),
        ("portal", "192.0.2.0/33", "Line 1:"),
        ("portal", "192.0.2.7\n" * 201, "at most 200 lines"),
        ("portal", "9" * 5000, "Line 1:"),
    ],
)
def test_a_bad_line_is_named(
    field: str, text: str, sentence: str, mara: Person
) -> None:
    answer = save(mara, **{"portal": "", "api": "", field: text})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert lists(mara) == ((), ())


def test_who_would_lock_themselves_out_is_asked(mara: Person) -> None:
    form = {"portal": "198.51.100.0/24", "api": ""}

    asked = save(mara, **form)
    assert asked.status_code == 422
    assert "You come from 192.0.2.7" in asked.content.decode()
    assert b'name="means_it"' in asked.content
    assert lists(mara) == ((), ())
    done = save(mara, **form, means_it="on")

    assert done.status_code == 302
    assert lists(mara)[0] == ("198.51.100.0/24",)
    assert mara.client().get(PAGE, REMOTE_ADDR="192.0.2.7").status_code == 403


def test_the_list_for_apis_locks_nobody_out_of_the_portal(mara: Person) -> None:
    assert save(mara, portal="", api="198.51.100.0/24").status_code == 302


def test_others_do_not_see_it(halden: WorkspaceRef) -> None:
    stranger = cast.owner(cast.elsewhere())

    assert cast.admin(halden).client().get(PAGE).status_code == 404
    assert stranger.client().get(PAGE).status_code == 404
