"""Every page that a demo person can open is accessible, in both themes and widths."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

# Two pages of a kind say the same: one is enough.
_ONE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+/\d+")
# Downloads, files for programs and the identity provider's side.
_NO_PAGES = re.compile(
    r"/receipt/|/verifier/|/proof/|/files/|/accounts/|/operator/|/static/"
    r"|/\.well-known/"
)
_EVERY_RULE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
# Of all rules only this one asks for colors.
_CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Rows of a list are alike; so many tell all that can be told.
_SHORTEN = """document.querySelectorAll(":is(tbody tr, .c-rows li):nth-child(n+5)")
    .forEach(row => row.remove())"""
# A link in a chart has an object for `href`.
_LINKS = """links => links.map(link => new URL(link.getAttribute("href"), location))
    .filter(url => url.origin === location.origin)
    .map(url => url.pathname + url.search)"""
_RUN = """async options => (await axe.run(options)).violations
    .map(fault => [fault.impact, fault.id, fault.nodes[0].html.slice(0, 160)])"""
_WIDTHS = (1440, 390)
_SERIOUS = {"serious", "critical"}


_PEOPLE = ("Mara Lindqvist", "Ife Adeyemi", "Jun Takahashi", "Tomasz Wrona")
# axe writes styles of its own into the page, which the content policy would refuse.
_FOR_AXE = {"bypass_csp": True}


@pytest.mark.parametrize("who", _PEOPLE)
def test_no_page_of_a_person_complains(site: Site, visit: Visit, who: str) -> None:
    page = visit(site)
    acts.enter(page, who)

    opened = list(_reachable(page))

    assert len(opened) > 2  # and `visit` heeds what they say


@pytest.mark.parametrize("who", _PEOPLE)
def test_every_page_of_a_person_is_accessible(
    site: Site, visit: Visit, who: str
) -> None:
    page = visit(site, **_FOR_AXE)
    acts.enter(page, who)

    faults = [
        f"{address} {fault}" for address in _reachable(page) for fault in _faults(page)
    ]

    assert faults == []


def test_the_pages_before_sign_in_are_accessible(site: Site, visit: Visit) -> None:
    page = visit(site, **_FOR_AXE)

    page.goto("/")
    faults = _faults(page)
    page.get_by_label("Work e-mail").fill("jun.takahashi@halden.example")
    page.get_by_role("button", name="Find my identity provider").click()
    page.wait_for_selector("[role=status]")
    faults += _faults(page)
    page.goto("/nothing/")
    faults += _faults(page)

    assert faults == []


def _reachable(page: Page) -> Iterator[str]:
    """Each kind of page that links lead to, once, opened."""
    waiting, seen = [urlsplit(page.url).path, "/me/"], {"/"}
    while waiting:
        address = waiting.pop(0)
        kind = _ONE.sub("one", address.partition("?")[0])
        if kind in seen or _NO_PAGES.search(address):
            continue
        seen.add(kind)
        page.goto(address)
        waiting += page.eval_on_selector_all("a[href]", _LINKS)
        yield address


def _faults(page: Page) -> list[str]:
    """What axe or a sideways scroll says of the open page, in themes and widths."""
    found = []
    page.evaluate(_SHORTEN)
    # Its own package would read half a megabyte into the page before each look.
    page.evaluate(AXE_SCRIPT)
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"scrolls sideways at {width}"] * _scrolls(page)
        for theme, rules in (("light", _EVERY_RULE), ("dark", _CONTRAST)):
            page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
            found += [f"{theme} {width}: {fault}" for fault in _violations(page, rules)]
    return found


def _scrolls(page: Page) -> bool:
    script = (
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return bool(page.evaluate(script))


def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    options = {**rules, "resultTypes": ["violations"], "preload": False}
    return [
        f"{rule} {html}"
        for impact, rule, html in page.evaluate(_RUN, options)
        if impact in _SERIOUS
    ]
