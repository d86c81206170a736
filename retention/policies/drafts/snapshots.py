"""Keeps a preview's numbers as plain JSON, and reads them back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from retention.policies.previews import Preview, Week, newly_due


def snapshot(preview: Preview) -> dict[str, Any]:
    """All numbers of a preview, as text, integers, lists and objects only."""
    found: dict[str, Any] = _plain(asdict(preview))
    return found


def weeks(kept: Mapping[str, Any]) -> list[Week]:
    """The weeks of a kept preview."""
    return [
        Week(**{**week, "ends_at": datetime.fromisoformat(week["ends_at"])})
        for week in kept["by_week"]
    ]


def at_stake(kept: Mapping[str, Any]) -> int:
    """What the threshold looks at; older previews counted who is in a group only."""
    return int(kept.get("at_stake", newly_due(weeks(kept))))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else str(value)
