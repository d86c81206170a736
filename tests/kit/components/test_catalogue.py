"""The catalogue shows every part, in the theme asked for, as whole HTML."""

import re
from collections import Counter

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from kit import catalogue


def _page(query: str = "") -> str:
    request: HttpRequest = RequestFactory().get(f"/design/{query}")
    request.htmx = False  # type: ignore[attr-defined]
    return catalogue.page(request).content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_first_paint_has_the_theme_that_was_asked_for(theme: str) -> None:
    assert f'data-bs-theme="{theme}"' in _page(f"?theme={theme}")


def test_unknown_theme_falls_back_to_the_system() -> None:
    assert 'data-bs-theme="auto"' in _page("?theme=%22onload")


def test_page_has_one_heading_of_the_first_level_and_its_landmarks() -> None:
    html = _page()

    assert html.count("<h1") == 1
    assert html.count("<main") == 1
    assert 'class="c-skip" href="#main"' in html
    assert 'lang="en"' in html


def test_ids_on_the_page_are_unique() -> None:
    ids = Counter(re.findall(r'\sid="([^"]+)"', _page()))

    assert [name for name, times in ids.items() if times > 1] == []


def test_page_has_no_style_attribute_and_no_script_of_its_own() -> None:
    html = _page()

    assert "style=" not in html
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
