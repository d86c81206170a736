"""GPTs from outside: none, the approved ones, or all."""

from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.cast import Person
from tests.workspaces.gpts import studio
from workspaces.access.features import Feature
from workspaces.gpts import selectors
from workspaces.gpts.models import ThirdPartyApproval
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

HOME = "/w/halden-engineering/gpts/governance/outside/"
POET = {"external_id": "g-poet", "name": "Poet"}


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def client(where: WorkspaceRef) -> Client:
    return cast.admin(where).client()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


def decide(who: Person) -> Any:
    with studio.opened(who.workspace):
        return selectors.decide_third_party(member=who.membership, external_id="g-poet")


@pytest.mark.parametrize(
    ("allowed", "approves", "expected"),
    [
        ("none", True, False),
        ("approved", False, False),
        ("approved", True, True),
        ("all", False, True),
    ],
)
def test_what_is_allowed_decides(
    where: WorkspaceRef,
    client: Client,
    jun: Person,
    allowed: str,
    approves: bool,
    expected: bool,
) -> None:
    studio.baseline(where, Feature.GPTS_THIRD_PARTY, allowed)
    if approves:
        client.post(f"{HOME}approve/", POET)

    verdict = decide(jun)

    assert verdict.allowed is expected
    assert verdict.reason
    assert verdict.trail


def test_without_gpts_there_is_none_from_outside(
    where: WorkspaceRef, client: Client, jun: Person
) -> None:
    client.post(f"{HOME}approve/", POET)
    studio.baseline(where, Feature.GPTS_USE, "off")

    assert not decide(jun).allowed


def test_an_approval_is_listed_withdrawn_and_recorded(
    where: WorkspaceRef, client: Client, jun: Person, recorded: Any
) -> None:
    client.post(f"{HOME}approve/", POET)
    page = client.get(HOME).content.decode()
    assert "Poet" in page
    assert "tomasz.wrona" in page
    with studio.opened(where):
        row = ThirdPartyApproval.objects.get()

    client.post(f"{HOME}{row.public_id}/withdraw/")

    assert not decide(jun).allowed
    assert client.post(f"{HOME}{row.public_id}/withdraw/").status_code == 409
    for act in ("approved", "withdrawn"):
        assert recorded(where, f"workspaces.third-party-gpt.{act}") == [
            {"detail.external_id": "g-poet", "detail.name": "Poet"}
        ]
    client.post(f"{HOME}approve/", POET)
    assert decide(jun).allowed


@pytest.mark.parametrize(
    "form",
    [{}, {"external_id": "g-poet"}, {"name": "Poet"}, {**POET, "name": "x" * 300}],
)
def test_an_approval_needs_id_and_name(
    where: WorkspaceRef, client: Client, form: dict[str, str]
) -> None:
    assert client.post(f"{HOME}approve/", form).status_code == 422
    with studio.opened(where):
        assert not ThirdPartyApproval.objects.exists()


def test_a_gpt_is_approved_once(client: Client) -> None:
    client.post(f"{HOME}approve/", POET)

    assert client.post(f"{HOME}approve/", POET).status_code == 422
