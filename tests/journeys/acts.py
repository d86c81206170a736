"""What the people of the journeys do over and over: enter, leave, look things up."""

import re

from playwright.sync_api import Page, expect

expect.set_options(timeout=20_000)

HALDEN = "/w/halden-engineering"
BRIGHTWATER = "/w/brightwater-editorial"


def enter(page: Page, who: str) -> None:
    """Choose a person on the landing page and come back signed in."""
    page.goto("/")
    page.get_by_role("link", name=re.compile(who)).click()
    page.wait_for_url(re.compile(r"/(w/[a-z-]+|me)/$"))


def enter_by_address(page: Page, address: str) -> None:
    """Type a work address, and come back signed in by its identity provider."""
    page.goto("/")
    page.get_by_label("Work e-mail").fill(address)
    page.get_by_role("button", name="Find my identity provider").click()
    page.get_by_role("link", name="Continue to").click()
    page.wait_for_url(re.compile(r"/(w/[a-z-]+|me)/$"))


def leave(page: Page) -> None:
    """Sign out by the account menu."""
    page.locator("summary[aria-label^='Account of']").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")


def number(text: str) -> int:
    """The first number in a text, however it is grouped."""
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found.group().replace(",", ""))


def open_sealed_log(page: Page, *, at: str = HALDEN) -> None:
    """The audit log, once what has happened is sealed; figures count nothing else."""
    for _ in range(120):
        page.goto(f"{at}/audit/")
        if not page.get_by_text("Awaiting their seal").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("the sequencer does not seal")


def expect_recorded(page: Page, action: str, *words: str, at: str = HALDEN) -> None:
    """The audit log lists an act with these words, once it is sealed."""
    row = page.locator("#entries tbody tr:not(.c-group)")
    for word in words:
        row = row.filter(has_text=word)
    for _ in range(120):
        page.goto(f"{at}/audit/?q=action:{action}")
        if row.count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{action} by {words} is not in the log")


def count_entries(page: Page) -> int:
    """How many entries the open list has, on all its pages."""
    expect(page.locator("h1")).to_have_text("Audit log")
    page.wait_for_load_state()  # the rows come after the title
    return int(page.evaluate(_COUNT))


# Reads the pages as they are linked, without drawing each.
_COUNT = """async () => {
    let found = 0, shown = document
    while (true) {
        found += shown.querySelectorAll("#entries tbody tr:not(.c-group)").length
        const older = [...shown.querySelectorAll(".c-pager a")]
            .find(link => link.textContent.includes("Older"))
        if (!older) return found
        const answer = await fetch(new URL(older.getAttribute("href"), location))
        shown = new DOMParser().parseFromString(await answer.text(), "text/html")
    }
}"""
