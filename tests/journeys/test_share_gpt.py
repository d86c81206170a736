"""A member makes a GPT and shares it up to their ceiling, and is refused above it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts, front_end
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

NAME = "Calibration clerk"
SECRET = "Never mention the tolerance of the old series."


def test_a_gpt_is_shared_up_to_the_ceiling_and_no_further(
    site: Site, visit: Visit
) -> None:
    member = visit(site)
    acts.enter(member, "Jun Takahashi")

    _make(member)
    member.get_by_role("link", name="Share").click()
    store = member.get_by_role("radio", name="Public store")
    expect(store).to_be_disabled()
    main = member.locator("main")
    expect(main).to_contain_text("You may share up to “Anyone with the link”.")
    _share(member, "Workspace")
    _invite(member, "elena.marsh@halden.example", "Edit")

    _expect_the_front_end_told(site, member)
    officer = visit(site)
    acts.enter(officer, "Ife Adeyemi")
    _use(officer)
    _expect_refused_when_forged(member)
    owner = visit(site)
    acts.enter(owner, "Mara Lindqvist")
    for action in ("created", "visibility-changed", "shared"):
        acts.expect_recorded(owner, f"workspaces.gpt.{action}", "jun.takahashi")


def _expect_the_front_end_told(site: Site, page: Page) -> None:
    """The decision API says the same: up to the ceiling, and to whom."""
    gpt = ("gpt", page.url.partition("/gpts/")[2].partition("/")[0])
    jun, ife = "jun.takahashi@halden.example", "ife.adeyemi@halden.example"
    assert front_end.may(site, jun, "share", gpt, {"level": "anyone_with_link"})
    assert not front_end.may(site, jun, "share", gpt, {"level": "gpt_store"})
    assert front_end.may(site, ife, "use", gpt)
    assert not front_end.may(site, ife, "edit", gpt)


def _make(page: Page) -> None:
    page.locator("summary[aria-label^='Account of']").click()
    page.get_by_role("link", name="GPTs").click()
    page.get_by_role("link", name="Make a GPT").first.click()
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_label("Instructions").fill(SECRET)
    page.get_by_role("button", name="Make the GPT").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.locator("main")).to_contain_text("Nobody else")


def _share(page: Page, level: str) -> None:
    page.get_by_role("radio", name=level, exact=True).check()
    page.get_by_role("button", name="Share so far").click()
    expect(page.get_by_role("radio", name=level, exact=True)).to_be_checked()


def _invite(page: Page, address: str, rights: str) -> None:
    page.get_by_label("Work e-mail of a colleague").fill(address)
    page.get_by_label("They may").select_option(label=rights)
    page.get_by_role("button", name="Share with them").click()
    row = page.locator(".c-rows > li").filter(has_text="Elena Marsh")
    expect(row).to_contain_text(rights)


def _use(page: Page) -> None:
    """Somebody else finds it, and reads nothing of its settings."""
    page.goto(f"{acts.HALDEN}/gpts/?tab=workspace")
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    assert SECRET not in page.content()
    expect(page.get_by_role("link", name="Share")).to_have_count(0)


def _expect_refused_when_forged(page: Page) -> None:
    """A form that asks for more than the page offers changes nothing."""
    store = page.get_by_role("radio", name="Public store")
    store.evaluate("one => { one.disabled = false; one.checked = true }")
    with page.expect_response(re.compile("/share/$")) as answered:
        page.get_by_role("button", name="Share so far").click()
    assert answered.value.status == 403
    expect(page.locator("main")).to_contain_text("It is not shared so")
    expect(page.get_by_role("radio", name="Workspace", exact=True)).to_be_checked()
