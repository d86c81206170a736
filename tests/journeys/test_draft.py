"""Two people shorten the policy: one drafts, the other approves exactly that draft."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

_UNTIL_DONE = 60_000
NAME = "halden-engineering"


def test_what_the_second_person_approved_is_what_the_sweep_purges(
    own_site: Site, visit: Visit
) -> None:
    author, second = visit(own_site), visit(own_site)
    acts.enter(author, "Mara Lindqvist")
    _make_admin(author, "jun.takahashi@halden.example")
    acts.enter(second, "Jun Takahashi")
    _ask_for_a_second_person(author)

    address = _send(author, days=120)
    second.goto(address)
    expect(second.get_by_role("heading", name="Do you agree?")).to_be_visible()
    _change(author, days=90)
    second.get_by_role("button", name="Approve: Keep conversations 120 days").click()
    expect(second.locator("main")).to_contain_text("was changed since you opened it")

    second.goto(address)
    agreed = _fact(second, "Purged by the first sweep")
    second.get_by_role("button", name="Approve: Keep conversations 90 days").click()
    expect(second.locator("h1 + .c-ok")).to_have_text("In force")
    expect(second.locator("main")).to_contain_text("Jun Takahashi approved")
    assert _purged_by_the_next_sweep(author) == agreed
    acts.expect_recorded(author, "retention.policy.approved", "jun.takahashi")


def _make_admin(page: Page, address: str) -> None:
    page.goto(f"{acts.HALDEN}/members/?q={address}")
    page.locator("tbody tr").first.get_by_role("link").first.click()
    page.get_by_label("Role", exact=True).select_option("admin")
    page.get_by_role("button", name="Change the role").click()


def _ask_for_a_second_person(page: Page) -> None:
    page.goto(f"{acts.HALDEN}/policies/")
    page.get_by_role("link", name="Safeguards").click()
    page.get_by_label("Second person from").fill("1")
    page.get_by_label("Reason").fill("Two people shorten retention")
    page.get_by_role("button", name="Set the safeguards").click()
    expect(page.get_by_label("Second person from")).to_have_value("1")


def _send(page: Page, *, days: int) -> str:
    page.goto(f"{acts.HALDEN}/policies/")
    page.get_by_label("Keep conversations for").fill(str(days))
    page.get_by_role("button", name="Preview").click()
    page.get_by_label(f"Type {NAME} to go on").fill(NAME)
    page.get_by_label("Reason").fill("Records schedule RS-14")
    page.get_by_role("button", name="Ask another person to approve").click()
    expect(page.locator("h1 + .c-warn")).to_have_text("Waits for approval")
    return page.url


def _change(page: Page, *, days: int) -> None:
    page.get_by_role("link", name="Change it").click()
    page.get_by_label("Keep conversations for").fill(str(days))
    page.get_by_role("button", name="Change and preview").click()
    page.get_by_role("button", name="Ask another person to approve").click()
    expect(page.locator("h1 + .c-warn")).to_have_text("Waits for approval")


def _purged_by_the_next_sweep(page: Page) -> int:
    """Beat opens it within a minute; the page leads to it."""
    page.goto(f"{acts.HALDEN}/sweeps/after-policy/")
    page.wait_for_url(
        re.compile(r"/sweeps/[0-9a-f]{8}-[0-9a-f-]{27}/$"), timeout=120_000
    )
    expect(page.locator("#sweep-status")).to_have_text("Done", timeout=_UNTIL_DONE)
    return _fact(page, "Purged")


def _fact(page: Page, name: str) -> int:
    term = page.locator("dt", has_text=re.compile(rf"^\s*{name}\s*$")).first
    return acts.number(term.locator("xpath=following-sibling::dd[1]").inner_text())
