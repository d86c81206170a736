"""A member reads, deletes and brings back what is theirs, however they come to it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.conftest import Visit
from tests.journeys.standing import Site

pytestmark = pytest.mark.browser

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


def test_member_deletes_a_conversation_and_brings_it_back(
    site: Site, visit: Visit
) -> None:
    page = visit(site)
    acts.enter(page, "Jun Takahashi")
    title, stored = _first_title(page), _stored(page)

    _delete(page, title)

    assert _stored(page) == stored - 1
    deleted = page.get_by_role("region", name="Deleted, still stored")
    expect(deleted).to_contain_text(title)
    deleted.get_by_role("button", name=f"Restore: {title}").click()
    expect(page.get_by_role("region", name="Deleted, still stored")).to_have_count(0)
    assert _stored(page) == stored
    _expect_recorded(site, visit)


def test_member_takes_a_deletion_back_from_the_message(
    site: Site, visit: Visit
) -> None:
    page = visit(site, **PHONE)
    acts.enter(page, "Jun Takahashi")
    title, stored = _first_title(page), _stored(page)

    _delete(page, title)
    back = page.locator(".c-toasts").get_by_role("button", name="Restore")
    back.click()

    expect(back).to_have_count(0)
    assert _stored(page) == stored


def test_member_reads_a_conversation(site: Site, visit: Visit) -> None:
    page = visit(site)
    acts.enter(page, "Jun Takahashi")
    title = _first_title(page)

    page.get_by_role("link", name=f"Open: {title}").first.click()

    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator(".c-message-text").first).not_to_be_empty()


def test_member_sees_nothing_of_colleagues(site: Site, visit: Visit) -> None:
    owner, member = visit(site), visit(site)
    acts.enter(owner, "Mara Lindqvist")
    acts.enter(member, "Jun Takahashi")
    owner.goto(f"{acts.HALDEN}/conversations/?owner=ife.adeyemi")
    theirs = owner.locator("#rows th a").first.get_attribute("href") or ""
    number = theirs.strip("/").rpartition("/")[2]

    answers = [
        member.goto(f"/me/conversations/{number}/"),
        member.goto(f"/me/conversations/{number}/delete/"),
    ]
    refused = [
        member.goto(f"{acts.HALDEN}/{place}")
        for place in ("members/", "conversations/", "audit/")
    ]

    assert [answer.status for answer in answers if answer] == [404, 404]
    assert [answer.status for answer in refused if answer] == [403, 403, 403]


def test_owner_sees_no_words_of_others(site: Site, visit: Visit) -> None:
    owner, member = visit(site), visit(site)
    acts.enter(member, "Jun Takahashi")
    title = _first_title(member)
    member.get_by_role("link", name=f"Open: {title}").first.click()
    words = member.locator(".c-message-text").first.inner_text()[:40]
    number = member.url.strip("/").rpartition("/")[2]
    acts.enter(owner, "Mara Lindqvist")

    owner.goto(f"{acts.HALDEN}/conversations/{number}/")

    expect(owner.locator("h1")).to_be_visible()
    assert title not in owner.content()
    assert words not in owner.content()


def test_member_works_by_keyboard_alone(site: Site, visit: Visit) -> None:
    page = visit(site)
    acts.enter(page, "Jun Takahashi")

    page.keyboard.press("Tab")
    expect(page.locator(".c-skip")).to_be_focused()
    expect(page.locator(".c-skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(_PLACE))
        assert _has_visible_focus(page)

    assert reached == sorted(reached)


_PLACE = "document.activeElement.getBoundingClientRect().y + window.scrollY"


def _has_visible_focus(page: Page) -> bool:
    return bool(
        page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            "return document.activeElement !== document.body &&"
            " (s.outlineStyle !== 'none' || s.boxShadow !== 'none') })()"
        )
    )


def _first_title(page: Page) -> str:
    row = page.get_by_role("region", name="Your conversations").locator("li").first
    return row.locator(".c-row-title").inner_text()


def _stored(page: Page) -> int:
    return acts.number(page.locator(".c-figures, .c-stat").first.inner_text())


def _delete(page: Page, title: str) -> None:
    page.get_by_role("link", name=f"Open: {title}").first.click()
    page.get_by_role("link", name=re.compile("^Delete")).click()
    expect(page.get_by_role("heading", name=f"Delete “{title}”?")).to_be_visible()
    page.get_by_role("button", name="Delete the conversation").click()
    page.wait_for_url(re.compile(r"/me/\?"))


def _expect_recorded(site: Site, visit: Visit) -> None:
    owner = visit(site)
    acts.enter(owner, "Mara Lindqvist")
    for act in ("deleted", "restored"):
        acts.expect_recorded(owner, f"retention.conversation.{act}", "jun.takahashi")
