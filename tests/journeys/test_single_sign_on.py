"""An owner moves the organization to a second connection, tested before anybody is."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser
HALDEN = "/o/halden"


def test_owner_tests_a_second_connection_and_changes_over(
    own_site: Site, visit: Visit
) -> None:
    page = visit(own_site)
    acts.enter(page, "Mara Lindqvist")
    page.goto(f"{HALDEN}/sign-in/")

    page.get_by_role("button", name="Begin another connection").click()
    expect(page.locator("main")).to_contain_text("/accounts/saml/halden-2/acs/")
    page.get_by_role("link", name="Go on to the provider").click()
    page.get_by_label("Another provider").check()
    page.get_by_role("button", name="Go on to the metadata").click()
    _paste(page, own_site)
    page.get_by_role("link", name="Go on to the attributes").click()
    page.get_by_label("E-mail address", exact=True).fill("mail_address")
    page.get_by_role("button", name="Keep, and go on to the test").click()

    tested = _test(page)
    expect(tested.locator("main")).to_contain_text("Sign-in would fail: E-mail address")
    expect(tested.locator("main")).to_contain_text("mara.lindqvist@halden.example")
    expect(
        tested.get_by_text("Opens after a test without failure by an owner")
    ).to_be_visible()

    tested.get_by_role("link", name="Back to attributes").click()
    tested.get_by_label("E-mail address", exact=True).fill("email")
    tested.get_by_role("button", name="Keep, and go on to the test").click()
    tested = _test(tested)
    expect(tested.locator("main")).to_contain_text("Sign-in would work")
    expect(tested.locator("main")).to_contain_text("It would be Mara Lindqvist")

    page.reload()  # the window she began in still has her session
    page.get_by_role("link", name="Go on to activate").click()
    page.get_by_role("button", name=re.compile("^Activate")).click()
    expect(page.locator("h1")).to_have_text("Sign in")

    acts.enter_by_address(page, "mara.lindqvist@halden.example")
    page.goto(f"{HALDEN}/sign-in/attempts/")
    expect(page.locator("tbody")).to_contain_text("halden-2")
    acts.expect_recorded(page, "workspaces.saml.activated", "mara.lindqvist", at=HALDEN)


def test_owner_claims_a_domain(site: Site, visit: Visit) -> None:
    page = visit(site)
    acts.enter(page, "Mara Lindqvist")
    page.goto(f"{HALDEN}/domains/")

    page.get_by_label("Mail domain").fill("labs.halden.example")
    page.get_by_role("button", name="Claim the domain").click()

    expect(page.locator("main")).to_contain_text("_custos.labs.halden.example")
    expect(page.locator("main")).to_contain_text("custos-verification=")


def _paste(page: Page, site: Site) -> None:
    """Metadata as the demo identity provider publishes it."""
    document = site.installation.home.path / "demo-idp" / "halden.xml"
    page.get_by_text("As pasted text").click()
    page.get_by_label("Metadata, pasted").fill(document.read_text())
    page.get_by_role("button", name="Take over the text").click()
    expect(page.locator("main")).to_contain_text("What the provider says of itself")


def _test(page: Page) -> Page:
    """The window that the test opens, once it is back from the provider."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Test sign-in").click()
    opened.value.wait_for_url(re.compile(r"/sign-in/[0-9a-f-]+/test/$"))
    return opened.value
