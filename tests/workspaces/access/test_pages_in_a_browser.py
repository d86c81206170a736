"""The pages of roles are accessible, in both themes and widths."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Route

from tests import cast
from tests.workspaces.access.making import a_group, a_role, assign

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

STATIC = Path(settings.BASE_DIR) / "config/static"
SITE = "http://custos.test"
ROLES = "/w/halden-engineering/roles/"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def pages() -> dict[str, str]:
    """Each page with everything on it."""
    where = cast.workspace()
    jun, owner = cast.member(where).membership, cast.owner(where).client()
    roles = {
        name: a_role(where, name, grants=grants, **said)
        for name, grants, said in (
            ("Contractors", (), {"WEB_SEARCH": "off", "GPTS_SHARE": "invite_only"}),
            ("Researchers", ("holds.view",), {"LINK_SHARING": "on"}),
            ("GPT builders", ("gpts.review",), {"GPTS_SHARE": "gpt_store"}),
            ("Night shift", (), {"MEMORY_USE": "off"}),
            ("Trainees", (), {}),
        )
    }
    lab = a_group(where, "Research laboratory", jun)
    assign(where, roles["Researchers"], group=lab)
    assign(where, roles["Researchers"], membership=jun)
    assign(where, roles["Contractors"], membership=jun)
    one = f"{ROLES}{roles['Researchers'].public_id}/"
    member = f"/w/halden-engineering/members/{jun.public_id}/"
    form = owner.get(f"{one}settings/").context["form"]
    sent = {field.name: field.value() or "" for field in form}
    found = {
        name: owner.get(path)
        for name, path in {
            "matrix": ROLES,
            "built-in": f"{ROLES}built-in/",
            "role": one,
            "settings": f"{one}settings/",
            "delete": f"{one}delete/",
            "effective": f"{member}access/",
        }.items()
    }
    found["difference"] = owner.post(
        f"{one}settings/",
        {**sent, "web_search.use": "off", "grants": ["audit.view"]},
    )
    assert {answer.status_code for answer in found.values()} == {200}
    return {name: answer.content.decode() for name, answer in found.items()}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_pages_are_accessible(
    browser: Browser, pages: dict[str, str], scheme: Any, width: int
) -> None:
    page = browser.new_page(
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )
    html = ""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        else:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)
    wrong: list[Any] = []
    for name, html in pages.items():  # noqa: B007 -- `answer` reads it
        page.goto(f"{SITE}{ROLES}")
        page.evaluate(
            "document.querySelectorAll('main details').forEach(d => d.open = 1)"
        )
        if folder := os.environ.get("ACCESS_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)
        found = Axe().run(page, options=_RULES).response["violations"]
        wrong += [(name, one["id"], one["nodes"][0]["html"]) for one in found]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append((name, "too wide"))
    page.close()

    assert wrong == []
