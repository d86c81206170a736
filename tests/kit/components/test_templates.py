"""Templates keep to the content policy and to the house style."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from kit import icons

FOLDER = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
OURS = [path for path in TEMPLATES if path.parent.name in {"components", "layouts"}]
PAGES = {"base.html", "portal.html", "plain.html", "split.html", "person.html"}
NAMES = re.compile(r'{% icon "([a-z0-9-]+)"|icon_name="([a-z0-9-]+)"')


def _name(path: Path) -> str:
    return str(path.relative_to(FOLDER))


every_template = pytest.mark.parametrize("path", TEMPLATES, ids=_name)


@every_template
def test_template_has_no_style_of_its_own(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\sstyle\s*=|<style", text)


@every_template
def test_template_has_no_script_of_its_own(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\son[a-z]+\s*=|hx-on|javascript:|js:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*\snonce=)", text)


@every_template
def test_template_opens_with_what_it_needs(path: Path) -> None:
    text = path.read_text()

    assert text.startswith(("{#", "{% comment %}")), "say the context in a comment"


@every_template
def test_template_compiles(path: Path) -> None:
    get_template(_name(path))


@every_template
def test_icons_of_the_template_are_vendored(path: Path) -> None:
    wanted = {first or second for first, second in NAMES.findall(path.read_text())}

    assert all(icons.shapes(name) for name in wanted)


@pytest.mark.parametrize("path", OURS, ids=_name)
def test_part_stays_short(path: Path) -> None:
    longest = 80 if path.name in PAGES else 40

    assert len(path.read_text().splitlines()) <= longest


def test_readme_names_every_part_for_authors() -> None:
    readme = (FOLDER / "components/README.md").read_text()
    inner = re.compile(r"Used by |Drawn by |layout includes|layouts include|Every part")
    parts = [path for path in OURS if path.parent.name == "components"]

    missing = [
        path.name
        for path in parts
        if path.name not in readme and not inner.search(path.read_text())
    ]

    assert missing == []
