"""Takes the README's pictures of a fresh demo: run as a module by `make screenshots`.

It walks the README's first ten minutes and keeps what a visitor sees on the way.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.launcher.surroundings import BASE_DIR
from tests.config.launcher.installation import Installation
from tests.journeys import acts

FOLDER = BASE_DIR / "docs" / "screenshots"
_DESK = {"viewport": {"width": 1440, "height": 900}}
_PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
_UNTIL_DONE = 60_000


def main() -> None:
    """Starts the product in a folder of its own, visits it, and ends it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="custos-pictures-") as folder:
        demo = Installation(Path(folder))
        with demo.started(), _browser() as browser:
            _take(browser, f"http://127.0.0.1:{demo.port}")


@contextmanager
def _browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("Chromium is not installed; `make test` as root installs it.")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=options)


def _take(browser: Browser, url: str) -> None:
    def visit(who: str, **options: Any) -> Page:
        page = browser.new_context(
            base_url=url, reduced_motion="reduce", **options
        ).new_page()
        acts.enter(page, who)
        return page

    owner, member = visit("Mara Lindqvist", **_DESK), visit("Jun Takahashi", **_PHONE)
    _delete_some(member)
    _picture(member, "my-data-phone")
    _sweep(owner)
    _shorten_policy(owner)
    _sweep(owner)
    _picture(owner, "sweep-light")
    _verify(owner)
    owner.goto(f"{acts.HALDEN}/")
    for theme in ("light", "dark"):
        _show(owner, theme)
        _picture(owner, f"overview-{theme}")
    _open_entry(owner)
    _picture(owner, "audit-dark")


def _delete_some(page: Page) -> None:
    for _ in range(2):
        shown = page.get_by_role("region", name="Your conversations")
        shown.locator("li a").nth(3).click()
        page.get_by_role("link", name="Delete…").click()
        page.get_by_role("button", name="Delete the conversation").click()
    page.goto("/me/")


def _sweep(page: Page) -> None:
    page.goto(f"{acts.HALDEN}/sweeps/")
    page.get_by_role("button", name="Run a sweep now").click()
    expect(page.locator("#sweep-status")).to_have_text("Done", timeout=_UNTIL_DONE)
    page.reload()


def _shorten_policy(page: Page) -> None:
    page.goto(f"{acts.HALDEN}/policies/?days=90&undo_days=0")
    _picture(page, "policy-light")
    page.get_by_label("Type halden-engineering").fill("halden-engineering")
    page.get_by_label("Reason").fill("Board decision of 20 November")
    page.get_by_role("button", name="Apply version").click()


def _verify(page: Page) -> None:
    page.goto("/o/halden/audit/")
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".c-verified")).to_contain_text("no gap")


def _open_entry(page: Page) -> None:
    page.goto("/o/halden/audit/?q=area:retention")
    page.get_by_role("link", name="Set the retention policy").first.click()


def _show(page: Page, theme: str) -> None:
    page.locator("summary[aria-label=Theme]").click()
    page.get_by_role("button", name=theme.capitalize()).click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)


def _picture(page: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
