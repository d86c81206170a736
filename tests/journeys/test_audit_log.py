"""Reading the audit log in a browser: query, brush, live tail, a view that is kept."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

LOG = f"{acts.HALDEN}/audit/"


def test_owner_narrows_the_log_and_keeps_the_view(site: Site, visit: Visit) -> None:
    page = visit(site)
    acts.enter(page, "Mara Lindqvist")
    acts.open_sealed_log(page)

    page.get_by_role("link", name=re.compile("^Retention")).last.click()
    expect(page.get_by_label("Query", exact=True)).to_have_value("area:retention")
    _add(page, "Result", "success", relation="is not")
    expect(page.get_by_label("Query", exact=True)).to_have_value(
        "area:retention -outcome:success"
    )
    page.get_by_role("link", name=re.compile("Remove filter: Result")).click()
    page.get_by_text("Views", exact=True).click()
    page.get_by_label("Name of the view").fill("What retention did")
    page.get_by_role("button", name="Save this view").click()
    page.goto(LOG)
    page.get_by_text("Views", exact=True).click()
    page.get_by_role("link", name="What retention did", exact=True).click()

    expect(page.get_by_label("Query", exact=True)).to_have_value("area:retention")
    acts.expect_recorded(page, "audit.view.saved", "What retention did")


def test_a_brush_over_the_timeline_narrows_the_time(site: Site, visit: Visit) -> None:
    page = visit(site)
    acts.enter(page, "Mara Lindqvist")
    acts.open_sealed_log(page)

    box = page.locator("[data-brush] svg[data-begin]:not(.c-overview)").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40, steps=8)
    page.mouse.up()

    expect(page.get_by_label("Query", exact=True)).to_have_value(
        re.compile(r"^at>=\S+ at<\S+$")
    )
    page.get_by_role("link", name="Show the whole time").click()
    expect(page.get_by_label("Query", exact=True)).to_have_value("")


def test_live_shows_what_happens_meanwhile(site: Site, visit: Visit) -> None:
    page, other = visit(site), visit(site)
    acts.enter(page, "Mara Lindqvist")
    acts.open_sealed_log(page, at="/o/halden")
    page.get_by_role("link", name="Live").click()

    acts.enter(other, "Ife Adeyemi")

    expect(page.locator("#live-status")).to_contain_text("New entries", timeout=30_000)
    page.get_by_role("link", name="Pause").click()
    expect(page.locator("#live-status")).to_have_count(0)


def _add(page: Page, key: str, value: str, *, relation: str = "is") -> None:
    page.locator("summary").filter(has_text="Add filter").click()
    form = page.locator("form.c-menu-form").filter(has_text="Filter by")
    form.get_by_label("Filter by").select_option(label=key)
    form.get_by_label("Relation").select_option(label=relation)
    form.get_by_label("Value").fill(value)
    form.get_by_role("button", name="Add filter").click()
