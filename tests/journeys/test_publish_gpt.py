"""A GPT reaches the public through the review of somebody else, version by version."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

NAME = "Drift explainer"
QUEUE = f"{acts.HALDEN}/gpts/governance/reviews/"


def test_a_gpt_is_published_through_reviews(site: Site, visit: Visit) -> None:
    member, owner = visit(site), visit(site)
    acts.enter(member, "Jun Takahashi")
    acts.enter(owner, "Mara Lindqvist")

    _make(member)
    _ask(member)
    expect(member.locator("main")).to_contain_text("Waits for a review")
    _decide(owner, "Send back", "Say which instruments it knows.")
    member.reload()
    expect(member.locator("main")).to_contain_text("Say which instruments it knows.")

    _edit(member)
    _ask(member)
    _decide(owner, "Approve", "")
    member.reload()
    level = member.get_by_role("radio", name="Anyone with the link")
    expect(level).to_be_checked()

    _edit(member)
    main = member.locator("main")
    expect(main).to_contain_text("Public version")
    for action in ("requested", "sent-back", "approved"):
        acts.expect_recorded(owner, f"workspaces.gpt-review.{action}")
    _unpublish(owner)


def _make(page: Page) -> None:
    page.goto(f"{acts.HALDEN}/gpts/new/")
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("button", name="Make the GPT").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)


def _ask(page: Page) -> None:
    if not page.url.endswith("/share/"):
        page.get_by_role("link", name="Share").click()
    page.get_by_role("radio", name="Anyone with the link").check()
    page.get_by_role("button", name="Share so far").click()
    expect(page.get_by_role("button", name="Withdraw the request")).to_be_visible()


def _decide(page: Page, decision: str, why: str) -> None:
    page.goto(QUEUE)
    page.get_by_role("link", name=NAME).click()
    page.get_by_label(decision).check()
    page.get_by_label("Why").fill(why)
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reviews")
    expect(page.get_by_role("link", name=NAME)).to_have_count(0)


def _edit(page: Page) -> None:
    page.goto(page.url.removesuffix("share/"))
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Description").fill("Knows the K and the M series.")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)


def _unpublish(page: Page) -> None:
    page.goto(f"{acts.HALDEN}/gpts/governance/?visibility=anyone_with_link")
    page.get_by_role("link", name=NAME).click()
    page.get_by_role("button", name="Unpublish the GPT").click()
    expect(page.locator("main")).to_contain_text("Nobody else")
