"""Suspending, removing and letting back in, from the page of a member."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON, Person
from workspaces.keys.services import api_keys
from workspaces.members.models import Membership
from workspaces.offboarding.models import OffboardingReport
from workspaces.roles.matrix import Role
from workspaces.signin.models import SignInSession
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

MEMBERS = "/w/halden-engineering/members/"


@pytest.fixture
def where() -> WorkspaceRef:
    cache.clear()
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


@pytest.fixture
def tomasz(where: WorkspaceRef) -> Person:
    return cast.admin(where)


def page_of(person: Person) -> str:
    return f"{MEMBERS}{person.membership.public_id}/"


def test_the_page_of_a_member_offers_both(owner: Client, tomasz: Person) -> None:
    page = owner.get(page_of(tomasz)).content.decode()

    assert f'href="{page_of(tomasz)}suspend/"' in page
    assert f'href="{page_of(tomasz)}remove/"' in page
    assert "Let back in" not in page


def test_it_says_what_ends_and_what_stays(
    where: WorkspaceRef, owner: Client, tomasz: Person
) -> None:
    api_keys.issue(
        actor=tomasz.actor,
        organization=where.organization,
        workspace=where,
        name="Key",
        scopes=["all"],
        days=365,
        at=NOON.replace(year=2099),
    )

    page = owner.get(f"{page_of(tomasz)}remove/").content.decode()

    assert "Remove tomasz.wrona@halden.example from this workspace?" in page
    assert "1 API key end" in page
    assert "what a legal hold covers stays held" in page


def test_removing_shows_the_timed_report(
    where: WorkspaceRef, owner: Client, tomasz: Person
) -> None:
    answer = owner.post(
        f"{page_of(tomasz)}remove/",
        {"typed_name": "Tomasz.Wrona@halden.example", "reason": "left the company"},
        follow=True,
    )

    page = answer.content.decode()
    assert "tomasz.wrona@halden.example is removed" in page
    assert "Sessions ended" in page
    assert "API keys revoked" in page
    assert re.search(r"\d+\.\d ms", page)
    assert "mara.lindqvist@halden.example" in page  # who asked for it
    assert tomasz.client().get(MEMBERS).status_code in (302, 404)
    gone = owner.get(page_of(tomasz)).content.decode()
    assert "Suspend" not in gone


def test_a_suspended_member_is_let_back_in(
    where: WorkspaceRef, owner: Client, tomasz: Person
) -> None:
    browser = tomasz.client()
    owner.post(f"{page_of(tomasz)}suspend/", {"reason": "on leave"})
    assert browser.get(MEMBERS).status_code in (302, 404)
    assert "Let back in" in owner.get(page_of(tomasz)).content.decode()

    answer = owner.post(f"{page_of(tomasz)}let-in/", follow=True)

    assert "may enter again" in answer.content.decode()
    assert tomasz.client().get(MEMBERS).status_code == 200
    # What was signed in before stays out.
    assert browser.get(MEMBERS).status_code == 302


def test_sessions_end_as_rows_too(
    where: WorkspaceRef, owner: Client, tomasz: Person
) -> None:
    tomasz.client()

    owner.post(f"{page_of(tomasz)}suspend/", {"reason": "on leave"})

    with opened(where):
        mine = SignInSession.objects.filter(user=tomasz.user)
        assert {one.end_reason for one in mine} == {"offboarded"}


@pytest.mark.parametrize(
    ("verb", "asked", "sentence"),
    [
        ("remove", {"typed_name": "x", "reason": "left"}, "Type the address exactly"),
        ("remove", {"reason": "left"}, "Type the address exactly"),
        ("suspend", {"reason": " "}, "Give a reason"),
        ("suspend", {"reason": "x" * 1001}, "Give a reason"),
    ],
)
def test_what_is_not_confirmed_changes_nothing(
    where: WorkspaceRef,
    owner: Client,
    tomasz: Person,
    verb: str,
    asked: dict[str, str],
    sentence: str,
) -> None:
    answer = owner.post(f"{page_of(tomasz)}{verb}/", asked)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with opened(where):
        assert Membership.objects.get(pk=tomasz.membership.pk).status == "active"
        assert not OffboardingReport.objects.exists()


def test_the_last_owner_is_told_why_not(where: WorkspaceRef, owner: Client) -> None:
    mara = cast.owner(where)

    answer = owner.post(f"{page_of(mara)}suspend/", {"reason": "holiday"})

    assert answer.status_code == 409
    assert "is the last owner" in answer.content.decode()


def test_an_admin_is_told_why_not_an_owner(where: WorkspaceRef, tomasz: Person) -> None:
    second = cast.person(where, "second@halden.example", Role.OWNER)
    admin = tomasz.client()

    page = admin.get(page_of(second)).content.decode()

    assert "Their role may do more than yours: an owner can." in page
    answer = admin.post(f"{page_of(second)}suspend/", {"reason": "coup"})
    assert answer.status_code == 409
    assert "may do more than yours" in answer.content.decode()


def opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
