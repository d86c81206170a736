"""Whoever runs no scripts can do all the same."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser


def test_owner_sets_a_policy(site: Site, visit: Visit) -> None:
    page = _enter(site, visit, "Mara Lindqvist")
    page.goto(f"{acts.HALDEN}/policies/")
    days = acts.number(page.get_by_label("Keep conversations for").input_value()) - 1

    page.get_by_label("Keep conversations for").fill(str(days))
    page.get_by_role("button", name="Preview").click()
    page.get_by_label("Type halden-engineering").fill("halden-engineering")
    page.get_by_label("Reason").fill("One day less")
    page.get_by_role("button", name="Apply version").click()

    expect(page.locator("main")).to_contain_text(f"keeps conversations {days} days")
    acts.expect_recorded(page, "retention.policy.set", "mara.lindqvist")


def test_member_deletes_and_restores(site: Site, visit: Visit) -> None:
    page = _enter(site, visit, "Jun Takahashi")
    row = page.get_by_role("region", name="Your conversations").locator("li").first
    title = row.locator(".c-row-title").inner_text()

    row.get_by_role("link").click()
    page.get_by_role("link", name=re.compile("^Delete")).click()
    page.get_by_role("button", name="Delete the conversation").click()
    deleted = page.get_by_role("region", name="Deleted, still stored")
    expect(deleted).to_contain_text(title)
    deleted.get_by_role("button", name=f"Restore: {title}").click()

    expect(page.get_by_role("region", name="Your conversations")).to_contain_text(title)
    expect(deleted).to_have_count(0)


def _enter(site: Site, visit: Visit, who: str) -> Page:
    """The identity provider's answer is sent by hand where no script sends it."""
    page = visit(site, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name=re.compile(who)).click()
    page.get_by_role("button", name="Continue to Custos").click()
    page.wait_for_url(re.compile(r"/(w/[a-z-]+|me)/$"))
    return page
