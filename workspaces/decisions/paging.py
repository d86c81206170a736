"""Writes and reads the tokens between the pages of a search.

A token is a position and not a right: who asks and what they ask for come from the
request. It carries a mark of the question, so that the pages of one are never mixed
with those of another.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.decisions.schemas import LARGEST_PAGE, PageWish

USUAL_PAGE = 50
_LONGEST = 4_000
_ASKED = ("subject", "action", "resource", "context")


class BadToken(Refused):
    """The token is not one that this question was given."""

    status = 400

    def __init__(self) -> None:
        super().__init__(
            _(
                "page.token is not one that was given out for this question, or the "
                "question or its limit has changed: begin again without a token."
            )
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """After what a page begins ("" at the start), and how many results it may have."""

    after: str
    limit: int
    mark: str

    def token(self, after: str | None) -> str:
        """The token of the page that begins after that; "" where nothing follows."""
        if after is None:
            return ""
        text = json.dumps([self.mark, self.limit, after], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def place(wish: PageWish | None, *, asked: Mapping[str, Any], workspace: str) -> Place:
    """Where the page that is wanted begins; `asked` is the whole body."""
    mark = _mark(asked, workspace)
    if wish is None or not wish.token:
        limit = USUAL_PAGE if wish is None or wish.limit is None else wish.limit
        return Place(after="", limit=min(limit, LARGEST_PAGE), mark=mark)
    theirs, limit, after = _parts(wish.token)
    is_same = wish.limit is None or min(wish.limit, LARGEST_PAGE) == limit
    if theirs != mark or not is_same:
        raise BadToken
    return Place(after=after, limit=limit, mark=mark)


def _mark(asked: Mapping[str, Any], workspace: str) -> str:
    entities = {name: asked[name] for name in _ASKED if asked.get(name) is not None}
    try:
        text = json.dumps([workspace, entities], sort_keys=True)
    except RecursionError:
        raise BadToken from None
    return sha256(text.encode()).hexdigest()[:16]


def _parts(token: str) -> tuple[str, int, str]:
    try:
        if len(token) > _LONGEST:
            raise ValueError("The token is too long.")
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        mark, limit, after = json.loads(
            base64.b64decode(padded, altchars=b"-_", validate=True)
        )
    except (ValueError, TypeError, RecursionError):
        raise BadToken from None
    is_ours = isinstance(mark, str) and isinstance(after, str) and "\0" not in after
    if not is_ours or type(limit) is not int or not 0 <= limit <= LARGEST_PAGE:
        raise BadToken
    return mark, limit, after
