"""No page answers hostile input with a fault of ours: addresses, parameters, forms.

A page's parameters are those that it asks for, so a new one is tried without a line
here. Everything passes the front, as it does at a server.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client

from tests import cast, site_requests
from tests.site_map import Page, pages
from tests.test_tenants import MAKE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(databases=["default", "owner", "vault"]),
]

# It answers 503 for what stands behind the site, which a test keeps apart.
_PAGES = [page for page in pages() if page.name != "workspaces:readyz"]

VALUES = {
    "a NUL": "%00",
    "an escape": "%1B%5B31m",
    "a lone surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "the last character": "%F4%8F%BF%BF",
    "beyond a bigint": str(2**63),
    "five thousand digits": "9" * 5000,
    "a negative number": "-1",
    "no number": "NaN",
    "the last day": "9999-12-31",
    "the first day": "0001-01-01",
    "no day": "2026-02-30",
    "a long word": "a" * 20_000,
    "an empty list as a cursor": "W10",
    "no identifier": "00000000-0000-0000-0000-00000000000g",
}
_MARKS = {UUID: UUID(int=99), int: 424242, str: "a-mark-of-ours"}
_OPERATOR = (
    "/operator/",
    "/operator/login/",
    *(
        f"/operator/workspaces/{name}/"
        for name in ("organization", "workspace", "membership", "user")
    ),
    "/operator/workspaces/organizationadministrator/",
    "/operator/workspaces/workspace/a-mark-of-ours/change/",
)
# What Django's admin reads by a name of its own.
_OF_CHANGE_LISTS = ("q", "p", "o", "e", "plan__exact", "id__in")


def _tried_in(page: Page) -> set[str]:
    """What stands in its address; tenants are found the same way for all pages."""
    names = set(page.arguments)
    if page.name in {"workspaces:overview", "audit:entries"}:
        return names
    return names - {"workspace", "organization"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The parameters and fields that views have asked for."""
    names: set[str] = set()

    def spying(method: str) -> Any:
        original = getattr(QueryDict, method)

        def spied(self: QueryDict, key: str, *rest: Any, **more: Any) -> Any:
            if key != "csrfmiddlewaretoken":
                names.add(key)
            return original(self, key, *rest, **more)

        return spied

    for method in ("__getitem__", "__contains__", "getlist", "get"):
        monkeypatch.setattr(QueryDict, method, spying(method))
    return names


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_a_page_survives_every_parameter(page: Page, asked: set[str]) -> None:
    where = cast.workspace()
    here = _known(page)
    objects = {name: MAKE[name](where) for name in set(page.arguments) & set(MAKE)}
    url = page.url(**here, **objects)

    assert _faults(url, asked, session=_session(where)) == []


@pytest.mark.parametrize(
    "page", [page for page in pages() if _tried_in(page)], ids=lambda page: page.name
)
def test_an_address_survives_what_stands_in_it(page: Page) -> None:
    session = _session(cast.workspace())
    wrong = []
    for name in _tried_in(page):
        mark = _MARKS[type(page.arguments[name])]
        url = page.url(**{**_known(page), name: mark})
        for what, value in VALUES.items():
            hostile = url.replace(str(mark), value)
            status = site_requests.get(hostile, session=session).status
            if status == 405:
                status = site_requests.post(hostile, b"", session=session).status
            wrong += [f"{name}: {what}"] if status >= 500 else []

    assert wrong == []


@pytest.mark.parametrize("url", _OPERATOR)
def test_the_operators_pages_survive(url: str, asked: set[str], tmp_path: Path) -> None:
    asked.update(_OF_CHANGE_LISTS)
    cast.member(cast.workspace())
    (tmp_path / "password").write_text("a long enough password")
    call_command(
        "create_operator",
        email="op@halden.example",
        password_file=tmp_path / "password",
    )
    browser = Client()
    browser.post(
        "/operator/login/",
        {"username": "op@halden.example", "password": "a long enough password"},
    )

    assert _faults(url, asked, session=browser.cookies["sessionid"].value) == []
    assert [
        what
        for what, value in VALUES.items()
        if site_requests.get(
            url.replace("a-mark-of-ours", value),
            session=browser.cookies["sessionid"].value,
        ).status
        >= 500
    ] == []


@pytest.mark.parametrize(
    "cookie",
    [
        'sessionid="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\000"',
        'sessionid="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\355\\240\\200"',
        "sessionid=\xff\xfeaaaaaaaaaaaaaaaaaaaa; \xff=\x80",
        'csrftoken="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\000"',
        'messages="\\000aa:bb"',
        'custos_sign_in="a\\000\\355b c"',
        'django_language="\\000"',
    ],
)
@pytest.mark.parametrize("url", ["/", "/me/", "/accounts/saml/nothing/finish/"])
def test_a_broken_cookie_is_none(url: str, cookie: str) -> None:
    assert site_requests.get(url, headers={"Cookie": cookie}).status < 500


def test_a_parameter_that_was_tried_before_still_works(asked: set[str]) -> None:
    """The page that the attacks above are about is one that reads them."""
    where = cast.workspace()
    page = next(page for page in pages() if page.name == "audit:entries")

    site_requests.get(page.url(**_known(page)), session=_session(where))

    assert {"after", "q", "begin", "end"} <= asked


def test_a_day_after_the_calendar_says_what_to_give() -> None:
    session = _session(cast.workspace())

    answer = site_requests.get(
        "/w/halden-engineering/audit/?q=at%3C9999-12-31", session=session
    )

    assert answer.status == 400
    assert "“9999-12-31” is no time." in answer.text


def _faults(url: str, asked: set[str], *, session: str) -> list[str]:
    """Tries each parameter with each value until the page asks for no other."""
    wrong: list[str] = []
    tried: set[str] = set()
    wrong += _tried(url, "", "nothing", session=session)
    while names := asked - tried:
        tried |= names
        for name, (what, value) in _product(names):
            # Others stand beside it, since some are read only together.
            beside = "&".join(f"{other}=1" for other in sorted(tried - {name}))
            wrong += _tried(
                url, f"{name}={value}&{beside}", f"{name}: {what}", session=session
            )
    return wrong


def _tried(url: str, query: str, what: str, *, session: str) -> Iterator[str]:
    statuses = {"GET": site_requests.get(f"{url}?{query}", session=session).status}
    if statuses["GET"] == 405 or "undo_days" in query or "matter" in query:
        posted = site_requests.post(url, query.encode(), session=session)
        statuses["POST"] = posted.status
    return (f"{way} {what}" for way, status in statuses.items() if status >= 500)


def _product(names: set[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    return ((name, one) for name in sorted(names) for one in VALUES.items())


def _known(page: Page) -> dict[str, str]:
    tenant = {"workspace": "halden-engineering", "organization": "halden-instruments"}
    # Programs name a workspace by its UUID, and need more than an address.
    return {
        name: slug
        for name, slug in tenant.items()
        if isinstance(page.arguments.get(name), str)
    }


def _session(where: Any) -> str:
    return str(cast.owner(where).client().cookies["sessionid"].value)
