"""Answers what a person has in one workspace, and which of it goes next.

Titles are sealed, each with a key of its own, and there is no index of their words: a
search opens them, a bounded number at a time, and goes on where it stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from kit.http import keyset
from retention.conversations import reasons, selectors
from retention.conversations.reasons import Dates
from retention.policies import governing
from workspaces.content import selectors as content
from workspaces.content.models import Conversation
from workspaces.tenancy.selectors import Access

PAGE = 25
# A search opens so many titles before it asks whether to go on.
SEARCHED_AT_ONCE = 1_000
_ORDER: keyset.Order = (("last_activity_at", "desc"), ("id", "desc"))


@dataclass(frozen=True, kw_only=True)
class Own:
    """One conversation of the person, its title opened; None where its key is gone."""

    row: Conversation
    title: str | None
    dates: Dates


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What the person has: live ones, and how many of all stored a hold covers."""

    conversations: int
    messages: int
    files: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A page of conversations; a search tells how many titles it has looked at."""

    rows: list[Own]
    next: str | None
    previous: str | None
    searched: int


def totals(*, access: Access, at: datetime) -> Totals:
    """How much the person has in this workspace."""
    own = selectors.visible_to(
        workspace=access.workspace, membership_id=access.membership_id, at=at
    )
    found = own.aggregate(
        conversations=Count("id"),
        messages=Sum("message_count", default=0),
        files=Sum("file_count", default=0),
    )
    held = selectors.held_of(membership_id=access.membership_id, at=at)
    return Totals(**found, held=held)


def listed(*, access: Access, words: str, after: str | None, at: datetime) -> Listed:
    """The person's live conversations, newest first; with `words`, those so titled."""
    own = selectors.visible_to(
        workspace=access.workspace, membership_id=access.membership_id, at=at
    ).defer("raw")
    if words:
        return _searched(access, own, words=words.casefold(), after=after, at=at)
    page = keyset.page(own, order=_ORDER, after=after, size=PAGE)
    return Listed(
        rows=_opened(access, page.rows, at=at),
        next=page.next,
        previous=page.previous,
        searched=0,
    )


def goes_next(*, access: Access, at: datetime, most: int = 3) -> list[Own]:
    """The live conversations that a rule will hide first."""
    rows = selectors.visible_to(
        workspace=access.workspace, membership_id=access.membership_id, at=at
    ).defer("raw")
    oldest = list(rows.order_by("last_activity_at", "id")[:most])
    temporary = rows.filter(is_temporary=True).order_by("created_at", "id")[:most]
    known = {row.pk: row for row in [*oldest, *temporary]}
    dated = [
        (one.dates.expires_at, one)
        for one in _opened(access, list(known.values()), at=at)
        if one.dates.expires_at is not None
    ]
    return [one for _moment, one in sorted(dated, key=lambda pair: pair[0])[:most]]


def deleted(*, access: Access, at: datetime, most: int = PAGE) -> list[Own]:
    """What the person deleted and is still stored, the newest delete first."""
    rows = selectors.deleted_list(
        workspace=access.workspace, membership_id=access.membership_id, at=at
    ).defer("raw")
    return _opened(access, list(rows.order_by("-deleted_at", "-id")[:most]), at=at)


def one(*, access: Access, conversation: Conversation, at: datetime) -> Own:
    """One conversation with its title and dates."""
    return _opened(access, [conversation], at=at)[0]


def _searched(
    access: Access,
    own: QuerySet[Conversation],
    *,
    words: str,
    after: str | None,
    at: datetime,
) -> Listed:
    found: list[Own] = []
    searched = 0
    while searched < SEARCHED_AT_ONCE and len(found) < PAGE:
        page = keyset.page(own, order=_ORDER, after=after, size=keyset.LARGEST_PAGE)
        opened = _opened(access, page.rows, at=at)
        found += [row for row in opened if words in (row.title or "").casefold()]
        searched += len(page.rows)
        after = page.next
        if after is None:
            break
    return Listed(rows=found, next=after, previous=None, searched=searched)


def _opened(access: Access, rows: Sequence[Conversation], *, at: datetime) -> list[Own]:
    if not rows:
        return []
    titles = content.open_titles(
        conversations=rows, workspace=access.workspace.public_id
    )
    chains = governing.chains(
        workspace_id=access.workspace.id, owner_ids=[access.membership_id], at=at
    )
    return [
        Own(
            row=row,
            title=titles.get(row.pk),
            dates=reasons.dates_of(
                workspace=access.workspace, conversation=row, chains=chains, at=at
            ),
        )
        for row in rows
    ]
