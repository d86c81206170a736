"""The main job as its people do it: hold, shorten the policy, sweep, prove, release."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from retention.receipts import documents
from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

HELD = "hugo.keller@halden.example"
MATTER = "Keller v. Halden"
_UNTIL_DONE = 60_000


def test_a_shorter_policy_purges_exactly_what_its_preview_counted(
    own_site: Site, visit: Visit, tmp_path: Path
) -> None:
    officer, owner = visit(own_site), visit(own_site)
    acts.enter(officer, "Ife Adeyemi")
    acts.enter(owner, "Mara Lindqvist")
    first = _run_first_sweep(owner)
    kept = _place_hold(officer)

    previewed, held = _preview(owner, days=90)
    _apply(owner, days=90)
    _watch_sweep(owner)

    assert _figure(owner, "Purged") == previewed
    assert _figure(owner, "Left, held") == held
    assert _purged_in_receipt(owner, tmp_path) == previewed
    assert _entries_of_purges(owner) == first + previewed
    assert _held_by(officer) == kept
    _verify(owner)

    _tamper_and_find_it(owner)

    _release_hold(officer, owner)
    acts.expect_recorded(owner, "retention.hold.released", "mara.lindqvist", MATTER)

    own_site.command("seed_demo")
    owner.goto(f"{acts.HALDEN}/policies/")
    expect(owner.locator("main")).to_contain_text("Version 2 keeps conversations 90")
    verified = own_site.command("verify_audit")
    assert verified["first_bad_index"] is None
    assert verified["verified"] is True


def _run_first_sweep(page: Page) -> int:
    """What was due when the demo began goes first, by the button."""
    page.goto(f"{acts.HALDEN}/sweeps/")
    due = acts.number(page.locator(".c-answer .c-number").inner_text())
    page.get_by_role("button", name="Run a sweep now").click()
    _await_receipt(page)
    assert _figure(page, "Purged") == due
    return due


def _place_hold(page: Page) -> int:
    page.goto(f"{acts.HALDEN}/holds/")
    page.get_by_role("link", name="Place a hold").click()
    page.get_by_label("Matter").fill(MATTER)
    page.get_by_label("Members").fill(HELD)
    page.get_by_role("button", name="Count what is covered").click()
    covered = _figure(page, "Conversations")
    page.get_by_role("button", name="Place the hold").click()
    expect(page.locator("h1")).to_have_text(MATTER)
    return covered


def _preview(page: Page, *, days: int) -> tuple[int, int]:
    page.get_by_role("link", name="Policies").click()
    page.get_by_label("Keep conversations for").fill(str(days))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Exact count")).to_be_visible()
    return (
        _figure(page, "Purged by the first sweep"),
        _figure(page, "Kept by holds"),
    )


def _apply(page: Page, *, days: int) -> None:
    apply = page.get_by_role("button", name="Apply version 2")
    page.get_by_label("Type halden-engineering to go on").fill("halden")
    expect(apply).to_be_disabled()
    page.get_by_label("Type halden-engineering to go on").fill("halden-engineering")
    page.get_by_label("Reason").fill("Shorter retention was decided")
    apply.click()
    expect(page.locator("main")).to_contain_text(
        f"Version 2 keeps conversations {days} days after the last message."
    )


def _watch_sweep(page: Page) -> None:
    """Beat opens it within a minute; the list shows it then."""
    page.goto(f"{acts.HALDEN}/sweeps/")
    newest = page.locator("tbody tr").first
    seen = page.locator("tbody tr").count()
    for _ in range(50):
        if page.locator("tbody tr").count() > seen:
            break
        page.wait_for_timeout(2_000)
        page.reload()
    newest.get_by_role("link").click()
    _await_receipt(page)


def _await_receipt(page: Page) -> None:
    """The page of a running sweep goes on by itself until the receipt is signed."""
    expect(page.locator("#sweep-status")).to_have_text("Done", timeout=_UNTIL_DONE)
    expect(page.get_by_role("link", name="Download receipt")).to_be_visible()


def _figure(page: Page, name: str) -> int:
    """A number by its name: of the preview's figures or of the receipt."""
    term = page.locator("dt", has_text=re.compile(rf"^\s*{name}\s*$")).first
    return acts.number(term.locator("xpath=following-sibling::dd[1]").inner_text())


def _purged_in_receipt(page: Page, folder: Path) -> int:
    key = page.locator("#check pre").inner_text().strip()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download receipt").click()
    file = folder / "receipt.json"
    download.value.save_as(file)
    document = documents.verified(file.read_bytes(), vkey=key)
    damaged = json.loads(file.read_bytes())
    damaged["receipt"]["result"]["purged"] += 1
    with pytest.raises(documents.ReceiptRefused):
        documents.verified(json.dumps(damaged).encode(), vkey=key)
    return int(document["result"]["purged"])


def _entries_of_purges(page: Page) -> int:
    page.get_by_role("link", name="purges in the audit log").click()
    return acts.count_entries(page)


def _held_by(page: Page) -> int:
    page.goto(f"{acts.HALDEN}/holds/")
    row = page.locator("tr", has=page.get_by_role("link", name=MATTER))
    return acts.number(row.locator("[data-label='Conversations kept']").inner_text())


def _verify(page: Page) -> None:
    page.goto("/o/halden/audit/")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("h1 + *")).to_contain_text(
        re.compile(r"Verified [\d,]+ entries")
    )


def _tamper_and_find_it(page: Page) -> None:
    page.get_by_role("button", name="Tamper with an entry").click()
    page.get_by_role("button", name="Verify").click()
    broken = page.locator("h1 + *")
    expect(broken).to_contain_text("was changed after it was sealed")
    page.get_by_role("button", name="Put the entry back").click()
    _verify(page)


def _release_hold(officer: Page, owner: Page) -> None:
    """One asks, another confirms."""
    officer.goto(f"{acts.HALDEN}/holds/")
    officer.get_by_role("link", name=MATTER).click()
    officer.locator("main").get_by_role("link", name="Release…").first.click()
    officer.get_by_label(f"Type {MATTER} to go on").fill(MATTER)
    officer.get_by_label("Reason").fill("The matter was settled")
    officer.get_by_role("button", name="Ask for the release").click()
    expect(officer.locator("main")).to_contain_text("another person has to confirm")
    owner.goto(officer.url)
    owner.get_by_role("button", name=f"Release “{MATTER}”").click()
    expect(owner.locator("h1 + .c-off")).to_have_text("Released")
