"""In a real browser the page of a sweep follows it to its receipt, then rests."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from audit.log import sequencer
from tests.cast import Person
from tests.retention.conftest import Stage

pytestmark = pytest.mark.browser


def _enter(page: Page, portal: str, person: Person) -> None:
    name = settings.SESSION_COOKIE_NAME
    value = person.client().cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": portal}])


def test_a_sweep_is_watched_to_its_receipt(
    lasting: Stage, page: Page, portal: str, celery_worker: None
) -> None:
    lasting.set_policy(90)
    lasting.conversation(age=100)
    _enter(page, portal, lasting.owner)
    page.goto("/w/halden-engineering/sweeps/")

    page.click("text=Run a sweep now")
    for _round in range(60):
        sequencer.run(at=datetime.now(tz=UTC))
        if page.locator("a:has-text('Download receipt')").count():
            break
        page.wait_for_timeout(500)

    expect(page.locator("#sweep-status")).to_have_text("Done")
    expect(page.locator("#sweep[hx-get]")).to_have_count(0)
    expect(page.locator(".c-receipt")).to_contain_text("Signed")
