"""On the Team plan each member decides about their own, and nobody looks on."""

import pytest
from playwright.sync_api import expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser


def test_owner_is_shown_no_conversations_of_members(site: Site, visit: Visit) -> None:
    page = visit(site)
    acts.enter(page, "Tomasz Wrona")

    expect(page.locator("nav")).not_to_contain_text(["Conversations"])
    refused = page.goto(f"{acts.BRIGHTWATER}/conversations/")

    assert refused
    assert refused.status in {403, 404}
    page.goto(f"{acts.BRIGHTWATER}/policies/")
    expect(page.locator("main")).to_contain_text("Each member decides here")


def test_owner_sets_how_long_their_own_are_kept(site: Site, visit: Visit) -> None:
    page = visit(site)
    acts.enter(page, "Tomasz Wrona")
    page.goto("/me/")
    page.get_by_role("link", name="Change").click()

    page.get_by_label("Keep conversations for").fill("300")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Exact count")).to_be_visible()
    page.get_by_role("button", name="Keep mine 300 days").click()

    expect(page.locator("main")).to_contain_text("Kept 300 days after the last message")
    acts.expect_recorded(
        page, "retention.own-policy.set", "tomasz.wrona", at=acts.BRIGHTWATER
    )
