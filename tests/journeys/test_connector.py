"""An admin allows a connector, a member signs in to it, the admin cuts it again."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from config.launcher import foreign
from tests.journeys import acts, front_end
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site
from tests.oauth import server
from tests.oauth.people import PASSWORD
from tests.oauth.server import Canaille

pytestmark = [pytest.mark.browser, pytest.mark.idp]

LIST = f"{acts.HALDEN}/connectors/"
CANAILLE = ("connector", "custom-canaille")
JUN = "jun.takahashi@halden.example"
CONNECTIONS = f"{acts.HALDEN}/connections/"
_FONTS = re.compile(r"/static/fomanticui/.*\.(woff2?|ttf|eot)")


@pytest.fixture(scope="module")
def canaille(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaille]:
    """The connected app's authorization server, of another maker."""
    if not foreign.CANAILLE.is_there():
        pytest.skip("Canaille is not installed; `make test` installs it")
    with server.running(tmp_path_factory.mktemp("canaille")) as found:
        yield found


def test_a_connector_is_allowed_used_and_cut(
    site: Site, visit: Visit, canaille: Canaille
) -> None:
    mara, jun = visit(site), visit(site)
    # Fonts that Canaille's package leaves out are no complaint about us.
    jun.context.route(_FONTS, lambda route: route.abort())
    acts.enter(mara, "Mara Lindqvist")
    acts.enter(jun, "Jun Takahashi")
    _add(mara, site, canaille)
    jun.goto(CONNECTIONS)
    expect(_card(jun)).to_contain_text("Disabled by admin")

    _switch(mara, "On")
    mara.get_by_role("button", name="Save the settings").click()
    expect(mara.get_by_text("Saved.")).to_be_visible()
    _sign_in(jun, canaille)
    expect(_card(jun)).to_contain_text(JUN)
    assert front_end.may(site, JUN, "use", CANAILLE)

    _switch(mara, "Off")
    expect(mara.locator("main")).to_contain_text("This cuts 1 sign-in of a member")
    mara.get_by_role("button", name="Save and cut 1 sign-in of a member").click()

    expect(mara.locator("h1")).to_have_text("Canaille: what was cut")
    jun.goto(CONNECTIONS)
    expect(_card(jun)).to_contain_text("Disabled by admin")
    expect(_card(jun)).to_contain_text("Cut by the workspace")
    assert not front_end.may(site, JUN, "use", CANAILLE)
    row = mara.locator("tbody tr").filter(has_text="Jun Takahashi")
    expect(row).to_have_count(1)
    _wait_until_revoked(mara)
    acts.expect_recorded(mara, "workspaces.connector.grants-cut", "mara.lindqvist")


def _add(page: Page, site: Site, canaille: Canaille) -> None:
    callback = f"{site.url}{CONNECTIONS}custom-canaille/callback/"
    client = canaille.register(callback)
    page.goto(LIST)
    page.get_by_role("link", name="Add a connector").click()
    page.get_by_label("Name", exact=True).fill("Canaille")
    page.get_by_label("An app that publishes its sign-in").check()
    page.get_by_label("Address of the MCP server").fill(canaille.url)
    page.get_by_label("Scopes").fill("openid email")
    page.get_by_label("Client ID").fill(client["client_id"])
    page.get_by_label("Client secret").fill(client["client_secret"])
    page.get_by_role("button", name="Add the connector").click()
    expect(page.locator("h1")).to_have_text("Canaille")
    expect(page.locator("main")).to_contain_text(callback)


def _switch(page: Page, word: str) -> None:
    page.goto(f"{LIST}custom-canaille/")
    page.get_by_label(word, exact=True).check()
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator("h1")).to_have_text("Before you save Canaille")


def _sign_in(page: Page, canaille: Canaille) -> None:
    page.goto(CONNECTIONS)
    page.get_by_role("button", name="Sign in to Canaille").click()
    page.get_by_role("link", name="Go on to").click()
    page.wait_for_url(re.compile(re.escape(canaille.url)))
    page.locator("#login").fill("jun")
    page.get_by_role("button", name="Continue").click()
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#accept").click()
    page.wait_for_url(re.compile(f"{CONNECTIONS}$"))
    expect(_card(page)).to_contain_text("Signed in")


def _card(page: Page) -> Locator:
    return page.locator("section.card").filter(has_text="Canaille")


def _wait_until_revoked(page: Page) -> None:
    for _ in range(240):
        if "Revoked" in page.locator("tbody").inner_text():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("the app was not told")
