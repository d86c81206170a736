"""Icons are inlined, hidden from screen readers, and known by name."""

import pytest

from kit import icons
from kit.templatetags import custos


def test_icon_is_inlined_and_hidden_from_screen_readers() -> None:
    svg = custos.icon("lock")

    assert svg.startswith('<svg class="c-icon" width="16" height="16"')
    assert 'aria-hidden="true"' in svg
    assert svg.count("<path") == 3


def test_icon_takes_its_size() -> None:
    assert 'width="20" height="20"' in custos.icon("lock", 20)


@pytest.mark.parametrize("name", ["no-such-icon", "../htmx/htmx.min", "", "Lock"])
def test_unknown_icon_is_refused(name: str) -> None:
    with pytest.raises(icons.UnknownIcon):
        custos.icon(name)


@pytest.mark.parametrize("kind", custos.STATUS_ICONS)
def test_status_shows_icon_and_word(kind: str) -> None:
    badge = custos.status(kind, "On hold")

    assert f'class="c-status c-{kind}"' in badge
    assert "<svg" in badge
    assert badge.endswith("On hold</span>")


def test_status_escapes_its_word() -> None:
    assert "<b>" not in custos.status("ok", "<b>Kept</b>")
