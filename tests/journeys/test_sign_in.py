"""People come in through their identity provider, and see what is theirs."""

import pytest
from playwright.sync_api import expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser


def test_owner_comes_in_by_saml_and_leaves_again(site: Site, visit: Visit) -> None:
    page = visit(site)
    posted: list[str] = []
    page.on("request", lambda asked: posted.append(f"{asked.method} {asked.url}"))

    acts.enter(page, "Mara Lindqvist")

    assert f"POST {site.url}/accounts/saml/halden/acs/" in posted
    expect(
        page.locator("summary[aria-label='Account of Mara Lindqvist']")
    ).to_be_visible()

    acts.leave(page)

    page.goto(f"{acts.HALDEN}/members/")
    expect(page.locator("h1")).to_have_text("Sign in")
    acts.enter(page, "Mara Lindqvist")
    for act in ("signed-in", "signed-out"):
        acts.expect_recorded(
            page, f"workspaces.session.{act}", "mara.lindqvist", at="/o/halden"
        )


@pytest.mark.parametrize(
    ("who", "home", "sees", "never"),
    [
        ("Mara Lindqvist", f"{acts.HALDEN}/", "Policies", "Brightwater"),
        ("Ife Adeyemi", f"{acts.HALDEN}/", "Holds", "Brightwater"),
        ("Jun Takahashi", "/me/", "My data", "Policies"),
        ("Tomasz Wrona", f"{acts.BRIGHTWATER}/", "Policies", "Halden"),
    ],
)
def test_each_person_arrives_at_their_own_page(
    site: Site, visit: Visit, who: str, home: str, sees: str, never: str
) -> None:
    page = visit(site)

    acts.enter(page, who)

    assert page.url == f"{site.url}{home}"
    expect(page.locator("body")).to_contain_text(sees)
    expect(page.locator("body")).not_to_contain_text(never)


def test_owner_of_another_organization_finds_nothing_of_halden(
    site: Site, visit: Visit
) -> None:
    page = visit(site)
    acts.enter(page, "Tomasz Wrona")
    places = ("", "members/", "policies/", "conversations/", "holds/", "sweeps/")

    answers = [
        page.goto(url)
        for url in (
            "/o/halden/audit/",
            *(f"{acts.HALDEN}/{place}" for place in (*places, "audit/", "deletions/")),
        )
    ]

    assert {answer.status for answer in answers if answer} == {404}
    expect(page.locator("body")).not_to_contain_text("Halden")


def test_work_address_leads_to_the_identity_provider(site: Site, visit: Visit) -> None:
    page = visit(site)
    page.goto("/")

    page.get_by_label("Work e-mail").fill("jun.takahashi@halden.example")
    page.get_by_role("button", name="Find my identity provider").click()
    expect(page.get_by_role("status")).to_contain_text("Halden Instruments signs in")
    page.get_by_role("link", name="Continue to").click()

    page.wait_for_url(f"{site.url}/me/")
    expect(page.locator("h1")).to_have_text("My data")


def test_unknown_address_learns_nothing(site: Site, visit: Visit) -> None:
    page = visit(site)
    page.goto("/")

    page.get_by_label("Work e-mail").fill("someone@nowhere.example")
    page.get_by_role("button", name="Find my identity provider").click()

    expect(page.locator("h1")).to_have_text("Enter the code")
    page.get_by_label("Code from the mail").fill("BBBB-BBBB")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".errorlist")).to_contain_text("wrong or no longer valid")
