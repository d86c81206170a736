"""The catalogue names every action that the product records, in a label and an area."""

import re
from pathlib import Path

import pytest

from audit.log import actions
from audit.log.actions import AREA_LABELS, CATALOG, UnknownAction, action_named

_ROOT = Path(__file__).parents[3]
_ACTION = re.compile(r'"((?:audit|workspaces|retention)\.[a-z_-]+\.[a-z-]+)"')
_RECORDS = re.compile(r"\brecord\w*\(|\baction\b|bulk\.insert\(")


def _used() -> dict[str, Path]:
    files = [
        file
        for app in ("audit", "workspaces", "retention")
        for file in (_ROOT / app).rglob("*.py")
        if file.name not in {"actions.py", "tasks.py", "context.py"}
        and "migrations" not in file.parts
    ]
    return {
        name: file
        for file in files
        if _RECORDS.search(text := file.read_text())
        for name in _ACTION.findall(text)
    }


def test_every_action_in_use_is_in_the_catalogue() -> None:
    unknown = {
        name: str(file.relative_to(_ROOT))
        for name, file in _used().items()
        if name not in CATALOG
    }

    assert not unknown


def test_no_action_is_in_the_catalogue_twice() -> None:
    names = [action.name for action in actions._ALL]

    assert len(names) == len(set(names))


def test_every_action_has_an_area_with_a_label() -> None:
    assert {action.area for action in CATALOG.values()} <= set(AREA_LABELS)
    assert all(action.label and action.refused for action in CATALOG.values())


def test_another_action_is_refused() -> None:
    with pytest.raises(UnknownAction, match="audit/log/actions"):
        action_named("retention.policy.forgotten")
