"""An owner makes a custom role; what it gives is seen before, given, and explained."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts, front_end
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

MEMBER = "greta.nilsen@halden.example"
ROLE = "Night shift"


def test_a_role_is_made_seen_given_and_explained(site: Site, visit: Visit) -> None:
    owner = visit(site)
    acts.enter(owner, "Mara Lindqvist")

    _make(owner)
    _change(owner, **{"Temporary chats": "off", "Share conversations by link": "on"})
    _give(owner, "Name of a group", "Contractors", "Give it to the group")
    assert not front_end.may(site, MEMBER, "use", ("feature", "link_sharing.use"))
    _give(owner, "Address of a member", MEMBER, "Give it to the member")
    assert front_end.may(site, MEMBER, "use", ("feature", "link_sharing.use"))
    _see_in_the_matrix(owner)
    _see_why(owner)
    _see_whom_a_change_touches(owner)

    for action in ("created", "changed", "assigned"):
        acts.expect_recorded(
            owner, f"workspaces.custom_role.{action}", "mara.lindqvist"
        )


def test_an_officer_reads_roles_and_is_told_who_changes_them(
    site: Site, visit: Visit
) -> None:
    officer = visit(site)
    acts.enter(officer, "Ife Adeyemi")

    officer.get_by_role("link", name="Roles", exact=True).click()

    expect(officer.locator("main")).to_contain_text("Only owners change roles.")
    refused = officer.goto(f"{acts.HALDEN}/roles/baseline/")
    assert refused
    assert refused.status == 403
    expect(officer.locator("main")).to_contain_text("Who can: Owner")


def _make(page: Page) -> None:
    page.get_by_role("link", name="Roles", exact=True).click()
    page.get_by_role("link", name="Make a custom role").click()
    page.get_by_label("Name").fill(ROLE)
    page.get_by_label("What it is for").fill("People who work at night")
    page.get_by_role("button", name="Make the role").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ROLE)


def _change(page: Page, **settings: str) -> None:
    for label, value in settings.items():
        page.get_by_label(label, exact=True).select_option(value)
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator("main")).to_contain_text("2 settings would change")
    expect(page.locator("main")).to_contain_text("Default (On)")
    expect(page.locator("main")).to_contain_text("No member has more or less")
    page.get_by_role("button", name="Save these changes").click()
    expect(page.locator("main")).to_contain_text("What it says")


def _give(page: Page, label: str, whom: str, button: str) -> None:
    page.get_by_label(label, exact=True).fill(whom)
    page.get_by_role("button", name=button).click()
    row = page.locator(".c-rows > li").filter(has_text=whom)
    expect(row.get_by_role("button", name="Take it back")).to_be_visible()


def _see_in_the_matrix(page: Page) -> None:
    page.get_by_role("link", name="Roles", exact=True).first.click()
    row = page.locator(".c-matrix tr").filter(has_text="Temporary chats")
    expect(row).to_contain_text("Overridden")
    expect(row).to_contain_text("inherited")


def _see_why(page: Page) -> None:
    """On the page of the member, loaded as a part of it."""
    page.goto(f"{acts.HALDEN}/members/?q={MEMBER}")
    page.locator("main tbody a").first.click()
    access = page.locator("#access")
    row = access.locator("tr").filter(has_text="Temporary chats").first
    expect(row).to_contain_text(f"Set by the role “{ROLE}” (given directly)")
    row.locator("summary").click()
    expect(row.locator(".c-decides")).to_contain_text(re.compile(f"{ROLE}.*Decides"))
    shared = access.locator("tr").filter(has_text="Share conversations by link")
    expect(shared).to_contain_text("is on")


def _see_whom_a_change_touches(page: Page) -> None:
    page.goto(f"{acts.HALDEN}/roles/")
    page.get_by_role("link", name=ROLE).first.click()
    page.get_by_role("link", name="Delete").click()
    main = page.locator("main")
    expect(main).to_contain_text("4 members lose it.")
    expect(main).to_contain_text(f"Delete the role {ROLE}?")
    page.get_by_role("link", name=f"Keep {ROLE}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ROLE)
