"""An owner invites a list of people; one of them signs in and is a member."""

import re
import time
from email import message_from_bytes
from email.policy import default as modern

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

GUEST = "ola.nordmann@guest.example"
LIST = f"""email,role,seat type
{GUEST},king,ChatGPT
ida.vik@guest.example,admin,Codex
jun.takahashi@halden.example,member,
no address,member,
"""


def test_a_list_is_previewed_sent_and_accepted(own_site: Site, visit: Visit) -> None:
    page = visit(own_site)
    acts.enter(page, "Mara Lindqvist")
    _upload(page)

    expect(page.locator("h1")).to_have_text("2 people would be invited")
    told = page.locator("tbody").first
    expect(told).to_contain_text("There is no role “king”: invited as member.")
    expect(told).to_contain_text("A member already.")
    expect(told).to_contain_text("it needs a name, an @ and a domain")
    expect(told.get_by_text("Refused")).to_have_count(2)

    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.locator("h1")).to_have_text("2 people are invited")

    guest = visit(own_site)
    guest.goto(_found(own_site, r"(/invitation/\?t=[\w-]+)"))
    expect(guest.locator("h1")).to_have_text("You are invited to Halden Engineering")
    guest.get_by_role("button", name=f"Sign in as {GUEST}").click()
    guest.get_by_label("Code").fill(_found(own_site, r"    ([A-Z0-9]{4}-[A-Z0-9]{4})"))
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.locator("h1")).to_contain_text("My data")

    page.goto(f"{acts.HALDEN}/members/?q={GUEST}")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("Member")
    page.goto(f"{acts.HALDEN}/invitations/?state=accepted")
    expect(page.locator("tbody")).to_contain_text(GUEST)
    acts.expect_recorded(page, "workspaces.invitation.accepted")


def _upload(page: Page) -> None:
    page.goto(f"{acts.HALDEN}/members/")
    page.get_by_role("link", name="Invite people").click()
    page.get_by_role("link", name="Invite a list").click()
    page.get_by_label("CSV file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    )
    page.get_by_role("button", name="See what it would do").click()


def _found(site: Site, pattern: str) -> str:
    """What a mail to the guest says, once a worker has sent it."""
    folder = site.installation.home.path / "outbox"
    for _ in range(150):
        for path in sorted(folder.glob("*.eml"), reverse=True):
            message = message_from_bytes(path.read_bytes(), policy=modern)
            body = message.get_body(("plain",))
            found = re.search(pattern, body.get_content() if body else "")
            if message["To"] == GUEST and found:
                return found[1]
        time.sleep(0.2)
    raise AssertionError(f"no mail to {GUEST} says {pattern}")
