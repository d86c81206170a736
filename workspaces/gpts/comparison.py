"""Says what differs between two versions of a GPT, for who may see its settings.

Of a text of many lines, the lines that only one of them has; they are compared in one
pass, however long they are.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from workspaces.gpts import hosts, selectors
from workspaces.gpts.drafts import TOOL_LABELS, Tool
from workspaces.gpts.models import Gpt, GptVersion

_SHOWN = 4_000
_Fields = list[tuple[str | Promise, list[str]]]


def between(
    *, gpt: Gpt, before: GptVersion, after: GptVersion, at: datetime
) -> list[dict[str, Any]]:
    """Each field that changed, with what went and what came."""
    was, now = _fields(gpt, before, at), _fields(gpt, after, at)
    return [
        {
            "field": label,
            "before": _text(*_lines(old, new)),
            "after": _text(*_lines(new, old)),
        }
        for (label, old), (_label, new) in zip(was, now, strict=True)
        if old != new
    ]


def _fields(gpt: Gpt, version: GptVersion, at: datetime) -> _Fields:
    summary = selectors.summary_of(gpt=gpt, number=version.number)
    config = selectors.config_of(gpt=gpt, version=version)
    files = selectors.file_names_of(gpt=gpt, ids=version.file_ids, at=at)
    return [
        (_("Name"), [summary.name]),
        (_("Description"), _split(summary.description)),
        (_("Conversation starters"), list(summary.starters)),
        (_("Instructions"), _split(config.instructions)),
        (_("Tools"), [str(TOOL_LABELS[Tool(one)]) for one in version.tools]),
        (_("Hosts of actions"), [hosts.readable(one) for one in version.action_hosts]),
        (
            _("Schema of actions"),
            [line for one in config.schemas for line in _split(one)],
        ),
        (_("Connectors"), list(version.connectors)),
        (_("Files"), [f"{name} ({str(one)[:8]})" for one, name in files.items()]),
    ]


def _split(text: str) -> list[str]:
    return text.splitlines()


def _lines(mine: Iterable[str], others: Iterable[str]) -> Iterable[str]:
    """The lines that the other has not; all, where only their order differs."""
    known = set(others)
    return [one for one in mine if one not in known] if set(mine) != known else mine


def _text(*lines: str) -> str | None:
    return "\n".join(lines)[:_SHOWN] or None
