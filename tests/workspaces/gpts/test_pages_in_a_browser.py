"""The pages of GPTs are accessible and fit, in both themes and widths."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Route

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from workspaces.gpts import services
from workspaces.gpts.drafts import Tool, Upload
from workspaces.gpts.models import Gpt
from workspaces.gpts.rules import Rights
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "owner", "vault"]),
]

STATIC = Path(settings.BASE_DIR) / "config/static"
SITE = "http://custos.test"
HOME = "/w/halden-engineering/gpts/"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def pages() -> dict[str, str]:
    """Each page with something on it, as its reader gets it."""
    where = cast.workspace()
    jun, admin = cast.member(where), cast.admin(where)
    studio.allow_public(where, admin)
    rich = _rich(where, jun, admin)
    review = services.set_visibility(
        actor=jun.actor,
        workspace=where,
        gpt=rich.public_id,
        level="gpt_store",
        at=NOON,
    )
    assert review is not None
    studio.make(admin, name="Meeting notes", level="workspace")
    studio.make(cast.analyst(where), name="Own diary")
    studio.ceiling(where, "workspace_with_link")
    mine, theirs = jun.client(), admin.client()
    read: dict[str, tuple[Any, str]] = {
        "list": (mine, ""),
        "workspace": (mine, "?tab=workspace"),
        "create": (mine, "new/"),
        "detail": (mine, f"{rich.public_id}/"),
        "edit": (mine, f"{rich.public_id}/edit/"),
        "versions": (mine, f"{rich.public_id}/versions/"),
        "share": (mine, f"{rich.public_id}/share/"),
        "governance": (theirs, "governance/"),
        "govern": (theirs, f"governance/{rich.public_id}/"),
        "reviews": (theirs, "governance/reviews/"),
        "review": (theirs, f"governance/reviews/{review.public_id}/"),
        "domains": (theirs, "governance/domains/?url=https://evil.example/v1"),
        "outside": (theirs, "governance/outside/"),
        "ceilings": (theirs, "governance/ceilings/"),
    }
    answers = {name: who.get(f"{HOME}{path}") for name, (who, path) in read.items()}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {name: str(answer.content.decode()) for name, answer in answers.items()}


def _rich(where: WorkspaceRef, jun: Person, admin: Person) -> Gpt:
    gpt = studio.make(
        jun,
        name="Tariff helper",
        description="Finds the tariff of an item and says where it is written.",
        starters=("What does a pump cost to import?", "Which form do I need?"),
        tools=frozenset({Tool.WEB_SEARCH, Tool.FILE_SEARCH}),
        schemas=(studio.schema("https://tariffs.example/v1"),),
    )
    services.save_version(
        actor=jun.actor,
        workspace=where,
        gpt=gpt.public_id,
        draft=studio.draft(
            description="Finds the tariff of an item and says where it is written.",
            starters=("What does a pump cost to import?", "Which form do I need?"),
            tools=frozenset({Tool.WEB_SEARCH, Tool.FILE_SEARCH}),
            schemas=(studio.schema("https://tariffs.example/v1"),),
        ),
        uploads=[Upload(name="rates-2026.csv", kind="text/csv", data=b"1,2")],
        at=NOON,
    )
    for email, rights in (("noor.haddad", "write"), ("ife.adeyemi", "read")):
        person = cast.person(where, f"{email}@halden.example")
        services.give(
            actor=jun.actor,
            workspace=where,
            gpt=gpt.public_id,
            rights=Rights.named(rights),
            email=person.user.email,
            at=NOON,
        )
    about = {"actor": admin.actor, "workspace": where, "at": NOON}
    services.allow_domain(**about, domain="halden.example")
    services.allow_domain(**about, domain="b\u00fccher.example")
    services.approve_third_party(**about, external_id="g-2fkFE8rbu", name="Poet")
    return gpt


def test_the_pages_are_accessible_and_fit(
    browser: Browser, pages: dict[str, str]
) -> None:
    wrong = [
        f"{name} {scheme} {width}: {found}"
        for scheme in ("light", "dark")
        for width in (1440, 390)
        for name, found in _looked_at(browser, pages, scheme=scheme, width=width)
        if found
    ]

    assert wrong == []


def _looked_at(
    browser: Browser, pages: dict[str, str], *, scheme: Any, width: int
) -> list[tuple[str, list[Any]]]:
    page = browser.new_page(
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        name = path.rpartition("/")[2]
        if name in pages and path == f"/{name}":
            body = pages[name]
            route.fulfill(body=body, content_type="text/html; charset=utf-8")
        else:
            file = path.removeprefix("/static").strip("/")
            route.fulfill(path=STATIC / file)

    page.route("**/*", answer)
    found = []
    for name in pages:
        page.goto(f"{SITE}/{name}")
        if folder := os.environ.get("GPT_PICTURES"):
            path = f"{folder}/{name}-{scheme}-{width}.png"
            page.screenshot(path=path, full_page=True)
        flaws = Axe().run(page, options=_RULES).response["violations"]
        said: list[Any] = [(one["id"], one["nodes"][0]["html"]) for one in flaws]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            said.append("scrolls sideways")
        found.append((name, said))
    page.close()
    return found
