"""The SCIM page with everything on it is accessible, in both themes and widths."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Route

from tests import cast
from tests.workspaces.scim.provider import Provider

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

STATIC = Path(settings.BASE_DIR) / "config/static"
SITE = "http://custos.test"
PAGE = "/w/halden-engineering/scim/"
JUN = "jun.takahashi@halden.example"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def html(idp: Provider) -> str:
    """The page after a token was issued, with groups, a conflict and requests."""
    idp.agent = "Okta SCIM Client 1.0.0"
    jun = idp.user(JUN)["id"]
    noor = idp.user("noor.haddad@halden.example")["id"]
    idp.group("Engineering", jun, noor)
    idp.group("Compliance", noor)
    idp.user("guest@partner.example")
    idp.send("GET", "/Users/nothing")
    owner = cast.owner(idp.where).client()
    answer = owner.post(
        f"{PAGE}tokens/", {"days": "90", "scope": "users", "networks": ""}
    )
    assert answer.context["secret"]
    return str(answer.content.decode())


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(
    browser: Browser, html: str, scheme: Any, width: int
) -> None:
    page = browser.new_page(
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        else:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    page.goto(f"{SITE}{PAGE}")
    if folder := os.environ.get("SCIM_PICTURES"):
        page.screenshot(path=f"{folder}/scim-{scheme}-{width}.png", full_page=True)
    found = Axe().run(page, options=_RULES).response["violations"]
    is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.close()

    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert not is_wide
