"""What the page of versions shows: all of them, the text of one, and a comparison."""

from datetime import datetime
from typing import Any

from workspaces.gpts import comparison, selectors
from workspaces.gpts.drafts import TOOL_LABELS, Tool
from workspaces.gpts.models import Gpt, GptVersion
from workspaces.gpts.places import Places
from workspaces.gpts.showing import files_of, person, query
from workspaces.members import selectors as members


def versions(
    where: Places, gpt: Gpt, *, chosen: str, against: str = "", at: datetime
) -> dict[str, Any]:
    """The versions of a GPT, the text of one, and how another differs from it."""
    found = selectors.versions_of(gpt=gpt)
    authors = members.by_id(ids={one.author_id for one in found})
    number = _asked(chosen) or gpt.latest_number
    version = selectors.version_of(gpt=gpt, number=number)
    return {
        "gpt": gpt,
        "version": version,
        **_compared(gpt, version, _asked(against), at),
        "summary": selectors.summary_of(gpt=gpt, number=number),
        "config": selectors.config_of(gpt=gpt, version=version),
        **files_of(where, gpt, version, at=at),
        "tools": [TOOL_LABELS[Tool(one)] for one in version.tools],
        "rows": [
            {
                "version": one,
                "author": person(authors.get(one.author_id)),
                "url": query(number=str(one.number)),
                "compare_url": query(number=str(number), against=str(one.number)),
                "is_chosen": one.number == number,
                "is_public": one.number == gpt.public_number,
            }
            for one in found
        ],
        "back_url": where.url("detail", gpt=gpt.public_id),
    }


def _asked(number: str) -> int:
    """The number of a version in a query; 0 for none."""
    is_number = number.isascii() and number.isdecimal() and len(number) < 9
    return int(number) if is_number else 0


def _compared(
    gpt: Gpt, version: GptVersion, against: int, at: datetime
) -> dict[str, Any]:
    """What came since an earlier version, or would come with a later one."""
    if not against or against == version.number:
        return {"against": None}
    other = selectors.version_of(gpt=gpt, number=against)
    before, after = sorted((other, version), key=lambda one: one.number)
    return {
        "against": other,
        "before": before,
        "after": after,
        "changes": comparison.between(gpt=gpt, before=before, after=after, at=at),
    }
