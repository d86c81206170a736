"""Nobody but the person who asked keeps what only a signed-in person sees."""

import pytest
from django.test import Client

from kit.guard import Entry
from tests import cast
from tests.site_map import Page, pages
from tests.test_tenants import MAKE

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

_GUARDED = [page for page in pages() if page.entry is not Entry.PUBLIC]


@pytest.mark.parametrize("page", _GUARDED, ids=lambda page: page.name)
def test_a_guarded_page_is_kept_by_no_cache(page: Page) -> None:
    where = cast.workspace()
    tenant = {"workspace": "halden-engineering", "organization": "halden-instruments"}
    here = {name: slug for name, slug in tenant.items() if name in page.arguments}
    objects = {name: MAKE[name](where) for name in set(page.arguments) & set(MAKE)}
    url = page.url(**here, **objects)
    owner, member = cast.owner(where).client(), cast.member(where).client()

    for browser in (owner, member, Client()):
        for answer in (browser.get(url), browser.post(url)):
            assert answer["Cache-Control"] == "no-store", answer.status_code


@pytest.mark.parametrize("url", ["/healthz", "/"])
def test_a_public_page_decides_for_itself(url: str) -> None:
    assert Client().get(url).get("Cache-Control") != "no-store"
