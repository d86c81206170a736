"""Light, dark or automatic, kept with the account."""

import pytest

from tests import cast

pytestmark = pytest.mark.django_db


def test_it_is_kept_and_shown_at_the_first_paint() -> None:
    client = cast.owner(cast.workspace()).client()

    back = client.post("/theme/", {"theme": "dark", "next": "/w/halden-engineering/"})

    assert back["location"] == "/w/halden-engineering/"
    page = client.get("/w/halden-engineering/").content.decode()
    assert 'data-bs-theme="dark"' in page


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example", ""])
def test_it_leads_to_no_other_site(next_path: str) -> None:
    client = cast.owner(cast.workspace()).client()

    back = client.post("/theme/", {"theme": "light", "next": next_path})

    assert back["location"] == "/"


def test_an_unknown_theme_is_refused() -> None:
    client = cast.owner(cast.workspace()).client()

    assert client.post("/theme/", {"theme": "pink"}).status_code == 422
