"""Taking the audit log out: asked for, watched, downloaded, verified without Custos."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

EXPORTS = f"{acts.HALDEN}/audit/exports/"
QUERY = "action:workspaces.session.signed-in"
_UNTIL_MADE = 60_000


def test_evidence_that_an_officer_downloads_is_verified_by_anyone(
    site: Site, visit: Visit, tmp_path: Path
) -> None:
    page = visit(site)
    acts.enter(page, "Ife Adeyemi")
    acts.open_sealed_log(page)
    page.get_by_role("link", name="Exports").click()

    page.get_by_label("As", exact=True).select_option("evidence")
    page.get_by_label("Only entries that fit").fill(QUERY)
    page.get_by_role("button", name="Export the log").click()
    row = page.locator("#exports tbody tr").filter(has_text=QUERY)
    expect(row).to_contain_text("Ready", timeout=_UNTIL_MADE)
    entries = acts.number(row.locator("[data-label=Entries]").inner_text())
    evidence = _downloaded(page, row.get_by_role("link"), tmp_path)
    verifier = page.get_by_role("link", name="Download the verifier")
    program = _downloaded(page, verifier, tmp_path)
    page.goto(f"{acts.HALDEN}/audit/integrity/")
    key = page.get_by_role("region", name="Verifier key").first.inner_text()

    said = _verified(program, evidence, key=key)
    assert said.returncode == 0, said.stderr
    assert f": {entries} entries," in said.stdout
    acts.expect_recorded(page, "audit.export.downloaded", "ife.adeyemi")


def test_a_query_that_does_not_read_is_explained_and_nothing_is_made(
    site: Site, visit: Visit
) -> None:
    page = visit(site)
    acts.enter(page, "Ife Adeyemi")
    page.goto(EXPORTS)
    before = page.locator("#exports tbody tr").count()

    page.get_by_label("Only entries that fit").fill("aera:retention")
    page.get_by_role("button", name="Export the log").click()

    expect(page.get_by_label("Only entries that fit")).to_have_value("aera:retention")
    expect(page.locator(".c-error, [role=alert]").first).to_contain_text("aera")
    expect(page.locator("#exports tbody tr")).to_have_count(before)


def _downloaded(page: Page, link: Locator, folder: Path) -> Path:
    with page.expect_download() as begun:
        link.click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def _verified(
    program: Path, evidence: Path, *, key: str
) -> "subprocess.CompletedProcess[str]":
    """As whoever received it does, with the key that came another way."""
    return subprocess.run(
        [sys.executable, "-I", str(program), "--key", key.strip(), str(evidence)],
        capture_output=True,
        text=True,
        check=False,
    )
