"""Runs the product for journeys, and lets each journey's people in by their browser.

What a page complains about (scripts, content policy, a file that is missing) fails the
journey, whoever had the page open.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.journeys import standing
from tests.journeys.standing import Site

_PATIENCE = 20_000.0
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def site(browser: Browser) -> Iterator[Site]:
    """One product for all journeys of this worker that leave each other alone."""
    with standing.started("site") as found:
        yield found


@pytest.fixture(scope="module")
def own_site(browser: Browser) -> Iterator[Site]:
    """A product of its own, for a story that changes what everybody sees."""
    with standing.started("own") as found:
        yield found


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What any page of the journey complained about; fails it at the end."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def visit(browser: Browser, complaints: list[str]) -> Iterator[Visit]:
    """A new person's browser at a site; options as for a context of Playwright."""
    contexts: list[BrowserContext] = []

    def opened(site: Site, **options: Any) -> Page:
        context = browser.new_context(
            base_url=site.url, **{"reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        context.set_default_timeout(_PATIENCE)
        context.on("console", lambda message: _heed(message, complaints))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("response", lambda answer: _heed_answer(answer, complaints))
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def _heed(message: ConsoleMessage, complaints: list[str]) -> None:
    # Refused pages are said there too; their journeys expect them.
    is_answer = message.text.startswith("Failed to load resource")
    if message.type in {"error", "warning"} and not is_answer:
        complaints.append(message.text)


def _heed_answer(answer: Response, complaints: list[str]) -> None:
    is_broken = answer.status >= 500
    is_missing = answer.status >= 400 and answer.request.resource_type in _PARTS
    if is_broken or is_missing:
        complaints.append(f"{answer.status} {answer.url}")


_PARTS = {"stylesheet", "script", "image", "font", "xhr", "fetch"}
