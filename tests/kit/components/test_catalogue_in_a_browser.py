"""In a real browser the parts are accessible, move the focus well and stop polling."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.http import HttpRequest
from django.test import RequestFactory
from playwright.sync_api import Browser, Page, Route, expect
from playwright.sync_api import TimeoutError as PollingEnded

from kit import catalogue

STATIC = Path(settings.BASE_DIR) / "config/static"
SITE = "http://custos.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
POLLING = '<p id="poll" hx-get="/poll" hx-trigger="every 1s" hx-swap="outerHTML">on</p>'
DRAWER = (
    '<aside class="c-drawer"><h2 tabindex="-1" data-drawer-title>Entry 7</h2>'
    '<a href="#" data-close-drawer hx-get="/closed" hx-target="#drawer">Close</a>'
    "</aside>"
)
PIECES = {"/poll": '<p id="poll">Done</p>', "/drawer": DRAWER, "/closed": ""}

pytestmark = pytest.mark.browser


def _catalogue(theme: str) -> str:
    request: HttpRequest = RequestFactory().get(f"/design/?theme={theme}")
    html = catalogue.page(request).content.decode()  # type: ignore[attr-defined]
    opener = '<a id="open" href="#" hx-get="/drawer" hx-target="#drawer">Open</a>'
    return html.replace("</main>", f'{opener}{POLLING}<div id="drawer"></div></main>')


PAGES = {theme: _catalogue(theme) for theme in ("auto", "light", "dark")}


def _answer(route: Route) -> None:
    path = route.request.url.removeprefix(SITE).partition("?")[0]
    if path.startswith("/static/"):
        route.fulfill(path=STATIC / path.removeprefix("/static/"))
        return
    body = PIECES.get(path, PAGES.get(path.strip("/"), ""))
    headers = {"content-security-policy": POLICY, "content-type": "text/html"}
    route.fulfill(body=body, headers=headers)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(reduced_motion="reduce")
    page.route("**/*", _answer)
    yield page
    page.close()


@pytest.mark.parametrize("width", [1440, 900, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{SITE}/{theme}")

    found = Axe().run(page).response["violations"]

    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


def test_content_policy_and_scripts_have_nothing_to_complain_of(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{SITE}/dark", wait_until="networkidle")

    assert complaints == []


@pytest.mark.parametrize("width", [1440, 900, 390, 320])
def test_nothing_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{SITE}/light")

    wide = page.evaluate("document.documentElement.scrollWidth")

    assert wide <= width


def test_automatic_theme_follows_the_system_before_any_script(page: Page) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.goto(f"{SITE}/auto")
        grounds[scheme] = page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )

    assert grounds == {"light": "rgb(244, 246, 248)", "dark": "rgb(13, 18, 24)"}


def test_escape_closes_a_menu_and_returns_to_its_button(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{SITE}/light")
    page.click("summary[aria-label^=Account]")

    page.keyboard.press("Escape")

    assert page.locator("details.c-menu[open]").count() == 0
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Account")


def test_drawer_takes_the_focus_and_gives_it_back(page: Page) -> None:
    page.goto(f"{SITE}/light")
    page.locator("#catalogue-drawer").evaluate("part => part.remove()")
    page.focus("#open")

    page.keyboard.press("Enter")
    expect(page.locator("#drawer [data-drawer-title]")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#open")).to_be_focused()
    expect(page.locator("#drawer")).to_be_empty()


def test_polling_ends_with_the_answer_that_asks_for_no_more(page: Page) -> None:
    page.goto(f"{SITE}/light")

    expect(page.locator("#poll")).to_have_text("Done")

    with pytest.raises(PollingEnded), page.expect_request("**/poll", timeout=1500):
        pass


def test_typed_name_opens_the_red_button(page: Page) -> None:
    page.goto(f"{SITE}/light")
    button = page.locator(".c-confirmation .btn-danger")

    page.fill("#confirm-name", "halden")
    wrong = button.is_disabled()
    page.fill("#confirm-name", "halden-pilot")

    assert wrong
    assert button.is_enabled()


def test_phone_opens_its_navigation_without_script(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{SITE}/light")

    page.click(".c-nav-open")

    assert page.locator("#navigation").is_visible()
