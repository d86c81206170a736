"""What rules find in the log, who is paged about it, and what is done until its end."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

LIST = "/o/halden/audit/incidents/"
OUTBOX = "/o/halden/outbox/"
MARA = "mara.lindqvist@halden.example"
TOLD = "An entry of our log was changed in the database. It is being looked at."
DONE = "Put the entry back from the backup of last night."


def test_a_log_that_does_not_verify_is_taken_told_about_and_resolved(
    own_site: Site, visit: Visit
) -> None:
    page = visit(own_site)
    acts.enter(page, "Mara Lindqvist")
    _tamper_and_verify(page)
    _open_once_found(own_site, page, "The audit log does not verify")

    page.get_by_role("button", name="Acknowledge the incident").click()
    expect(page.locator("h1 + *")).to_have_text("Acknowledged")
    incident = page.url
    _give_notice(page)
    page.goto("/o/halden/audit/")
    page.get_by_role("button", name="Put the entry back").click()
    page.goto(incident)
    _resolve(page)

    expect(page.locator("h1 + *")).to_have_text("Resolved")
    expect(page.locator("main")).to_contain_text(DONE)
    page.goto(OUTBOX)
    expect(page.locator("main")).to_contain_text(TOLD)
    for act in ("acknowledged", "told", "resolved"):
        acts.expect_recorded(
            page, f"audit.incident.{act}", "mara.lindqvist", at="/o/halden"
        )


def test_whoever_is_on_the_rota_is_paged_and_takes_the_incident(
    own_site: Site, visit: Visit
) -> None:
    page, other = visit(own_site), visit(own_site)
    acts.enter(page, "Mara Lindqvist")
    acts.enter(other, "Jun Takahashi")
    _set_the_rota(page)
    _open_at_the_first(page, "Many refusals")

    other.goto(f"{acts.HALDEN}/members/")
    _open_once_found(own_site, page, "Many refusals")
    own_site.ring("audit.tasks.page_incidents")
    _reload_until(page, f"Paged {MARA}")
    page.goto(OUTBOX)
    mail = page.get_by_text("Incident: Many refusals (medium)")
    expect(mail).to_have_count(1)
    page.goto(LIST)
    page.get_by_role("link", name="Many refusals").first.click()
    page.get_by_role("button", name="Acknowledge the incident").click()

    expect(page.locator("main")).to_contain_text("mara.lindqvist")
    expect(page.locator("h1 + *")).to_have_text("Acknowledged")
    page.goto(f"{acts.HALDEN}/")
    waits = page.get_by_role("region", name="Waits for you")
    expect(waits).not_to_contain_text("Many refusals")
    acts.expect_recorded(page, "audit.incident-rota.changed", MARA, at="/o/halden")
    acts.expect_recorded(page, "audit.incident.paged", at="/o/halden")


def _tamper_and_verify(page: Page) -> None:
    acts.open_sealed_log(page, at="/o/halden")
    page.get_by_role("button", name="Tamper with an entry").click()
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".c-verified")).to_contain_text(
        "was changed after", timeout=60_000
    )


def _open_once_found(site: Site, page: Page, name: str) -> None:
    """The incident is there within a minute by itself; here beat is not waited for."""
    there = page.locator("tbody tr").filter(has_text=name).filter(has_text="Open")
    for _ in range(240):
        for task in ("gather_denials", "detect_incidents"):
            site.ring(f"audit.tasks.{task}")
        page.goto(LIST)
        if there.count():
            there.first.get_by_role("link").click()
            expect(page.locator("h1")).to_have_text(name)
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"no rule found that {name}")


def _give_notice(page: Page) -> None:
    page.get_by_label("Message").fill(TOLD)
    page.get_by_role("button", name="Preview the notice").click()
    expect(page.locator("main")).to_contain_text("Mail cannot be taken back")
    page.get_by_role("button", name=re.compile(r"Send to \d+ p")).click()
    expect(page.locator("main")).to_contain_text("gave notice")


def _resolve(page: Page) -> None:
    card = page.get_by_role("region", name="What was done")
    card.get_by_label("Text").fill(DONE)
    card.get_by_role("button", name="Resolve the incident").click()


def _set_the_rota(page: Page) -> None:
    page.goto(LIST)
    page.get_by_role("link", name="Who is paged").click()
    page.get_by_label("First").select_option(label=MARA)
    page.get_by_label("Minutes until").fill("5")
    page.get_by_role("button", name="Change the rota").click()
    expect(page.get_by_text("The rota is changed.")).to_be_visible()


def _open_at_the_first(page: Page, rule: str) -> None:
    page.goto(LIST)
    page.get_by_role("link", name="Rules").click()
    card = page.get_by_role("region", name=rule)
    card.get_by_label("From how many").fill("1")
    card.get_by_role("button", name="Change the rule").click()
    expect(page.get_by_role("region", name=rule)).to_contain_text("at the first one")


def _reload_until(page: Page, text: str) -> None:
    for _ in range(240):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"the page never said {text!r}")
