"""Sending the audit log to a receiver, until entries are lost and somebody sees it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from audit.streams.batches import CHECKPOINT, TEST
from tests.audit.streams.authorities import Authority, make_authority
from tests.audit.streams.conftest import is_signed
from tests.audit.streams.receivers import Receiver
from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

_UNTIL_DONE = 60_000
LIST = f"{acts.HALDEN}/audit/streams/"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver(authority: Authority) -> Iterator[Receiver]:
    with Receiver(tls=authority.serving()).running() as found:
        yield found


def test_a_stream_is_made_tried_and_sends_again_what_the_receiver_lost(
    own_site: Site, visit: Visit, receiver: Receiver, authority: Authority
) -> None:
    page = visit(own_site)
    acts.enter(page, "Mara Lindqvist")
    acts.open_sealed_log(page)

    secret = _make(page, "SIEM", receiver, authority)
    page.get_by_role("button", name="Send a test event").click()
    test = _card(page, "Test event")
    expect(test).to_contain_text("Arrived", timeout=_UNTIL_DONE)
    expect(_status(page)).to_have_text("Paused")
    _flow(page)
    once = _ids(receiver)
    assert len(once) == len(set(once)) > 0
    assert all(is_signed(asked, secret) for asked in receiver.taken)

    _send_again(page, first=0)
    _until(page, lambda: set(_ids(receiver)[len(once) :]) >= set(once))
    acts.expect_recorded(page, "audit.stream.replayed", "mara.lindqvist")


def test_a_gap_stands_on_the_overview_until_somebody_acknowledges_it(
    own_site: Site, visit: Visit, receiver: Receiver, authority: Authority
) -> None:
    page, other = visit(own_site), visit(own_site)
    acts.enter(page, "Mara Lindqvist")
    _make(page, "Archive", receiver, authority)
    _flow(page)
    stream = page.url

    page.get_by_role("button", name="Pause the stream").click()
    acts.enter(other, "Ife Adeyemi")
    lost = _lose_what_waits(own_site, page, "Archive")
    page.get_by_role("button", name="Start the stream").click()

    missing = _card(page, "Entries are missing at the receiver")
    _reload_until(page, missing)
    expect(missing).to_contain_text(f"{lost} entr")
    own_site.ring("audit.tasks.detect_incidents")
    page.goto(f"{acts.HALDEN}/audit/incidents/")
    incident = page.locator("tbody tr").filter(has_text="has a gap")
    _reload_until(page, incident)
    page.goto(f"{acts.HALDEN}/")
    page.get_by_role("link", name="Open the stream").click()
    assert page.url == stream
    page.get_by_role("button", name="Acknowledge the gap").click()

    expect(missing).to_contain_text("Acknowledged:")
    expect(page.get_by_role("button", name="Acknowledge the gap")).to_have_count(0)
    page.goto(f"{acts.HALDEN}/")
    expect(page.locator("main")).not_to_contain_text("Entries are missing")
    page.goto(f"{acts.HALDEN}/audit/incidents/")
    expect(incident).to_contain_text("Acknowledged")
    expect(incident).to_contain_text("mara.lindqvist")
    acts.expect_recorded(page, "audit.stream.gap-acknowledged", "mara.lindqvist")


def _make(page: Page, name: str, receiver: Receiver, authority: Authority) -> str:
    """A webhook that waits to be started; the secret that the page shows once."""
    page.goto(LIST)
    page.get_by_role("link", name="Add a stream").click()
    page.get_by_role("link", name="Webhook").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Address").fill(f"{receiver.url}/log")
    page.get_by_label("Certificate authority (PEM)").fill(authority.pem)
    page.get_by_label("Begin with").select_option("beginning")
    page.get_by_role("button", name="Make the stream").click()
    secret = page.get_by_role("region", name="The signing secret").inner_text()
    page.get_by_role("link", name="I have copied it").click()
    expect(page.locator("h1")).to_have_text(name)
    return secret


def _flow(page: Page) -> None:
    page.get_by_role("button", name="Start the stream").click()
    everything = page.get_by_text("The receiver has confirmed everything.")
    expect(everything).to_be_visible(timeout=_UNTIL_DONE)
    expect(_status(page)).to_have_text("Flowing")


def _send_again(page: Page, *, first: int) -> None:
    page.get_by_label("Entry", exact=True).fill(str(first))
    page.get_by_label("Epoch", exact=True).fill("1")
    page.get_by_role("button", name="Show what is sent again").click()
    expect(page.locator("main")).to_contain_text("the receiver can drop them")
    page.get_by_role("button", name="Send again").click()


def _lose_what_waits(site: Site, page: Page, name: str) -> int:
    """As a restored backup does: entries that were not sent are not there.

    The newest stays, so that the receiver hears of those before it: two must wait.
    """
    _reload_until(page, page.get_by_text(_TWO_WAIT))
    with site.as_superuser() as connection:
        lost = connection.execute(_LOSE, {"name": name}).rowcount
    assert lost
    return lost


_TWO_WAIT = re.compile(r"Nothing is sent\. ([2-9]|[1-9]\d+) entries wait")
_LOSE = """
with stream as (select * from audit_stream where name = %(name)s),
     waiting as (
        select f.*, max(f.index) over () as newest
          from audit_facet f join stream s using (organization_id)
         where (f.epoch, f.index) > (s.cursor_epoch, s.cursor_index))
delete from audit_facet f using waiting w
 where f.organization_id = w.organization_id and f.epoch = w.epoch
   and f.index = w.index and f.index < w.newest
"""


def _ids(receiver: Receiver) -> list[str]:
    """Of each entry that arrived; the test event and checkpoints are none."""
    events = [one for asked in receiver.taken for one in asked.json]
    return [one["id"] for one in events if one["type"] not in {TEST, CHECKPOINT}]


def _until(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(480):
        if holds():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it never came")


def _reload_until(page: Page, there: Locator) -> None:
    """Longer than a minute: a ring that comes too early is followed by beat's."""
    for _ in range(240):
        if there.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{there} never came")


def _card(page: Page, title: str) -> Locator:
    return page.locator("section.card").filter(
        has=page.get_by_role("heading", name=title, exact=True)
    )


def _status(page: Page) -> Locator:
    return page.locator("h1 + *")
