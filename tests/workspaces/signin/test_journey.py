"""The demo's sign-in in a real browser, against the running site and provider."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from config.demo_idp import identity
from config.launcher import site
from kit import clock
from tests.harness import servers, stand
from tests.workspaces.signin import seeding

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def demo_site(portal: str) -> Iterator[None]:
    """The demo's people, and the provider's own process."""
    itself = identity.prepared(
        home=Path(settings.CUSTOS_HOME), base_url=settings.CUSTOS_DEMO_IDP_URL
    )
    clock.set_for_test(None)
    seeding.fill(itself)
    port = urlsplit(settings.CUSTOS_DEMO_IDP_URL).port
    assert port
    with servers.running(
        [sys.executable, "-m", "config.demo_idp"],
        log=stand.of_this_run().path / stand.worker() / "demo-idp.log",
        environment=dict(os.environ),
        is_ready=site.serves(port, "/"),
    ):
        yield


def test_choosing_a_person_signs_in(page: Page, demo_site: None) -> None:
    page.goto("/")

    page.get_by_role("link", name="Mara Lindqvist").click()

    page.wait_for_url("**/w/halden-engineering/")


def test_an_address_finds_its_provider(page: Page, demo_site: None) -> None:
    page.goto("/")
    page.get_by_label("Work e-mail").fill("ife.adeyemi@halden.example")
    page.get_by_label("Work e-mail").press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Halden Instruments signs in")
    page.get_by_role("link", name="Continue to Demo identity provider").click()

    page.wait_for_url("**/w/halden-engineering/")


def test_an_unknown_address_learns_nothing(page: Page, demo_site: None) -> None:
    page.goto("/")
    page.get_by_label("Work e-mail").fill("someone@nowhere.example")
    page.get_by_label("Work e-mail").press("Enter")

    expect(page.locator("h1")).to_have_text("Enter the code")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, demo_site: None, theme: str) -> None:
    # Axe brings styles of its own, which the policy rightly refuses.
    with browser.new_context(
        base_url=settings.CUSTOS_BASE_URL, bypass_csp=True, color_scheme=theme
    ) as context:
        page = context.new_page()
        page.goto("/")

        found = Axe().run(page).response["violations"]

    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


def test_nothing_scrolls_sideways_on_a_phone(page: Page, demo_site: None) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")

    width = page.evaluate("document.documentElement.scrollWidth")

    assert width <= 360
