"""What a matter is about, in the form's words: whom, what, which kinds and dates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """Kinds of content (None: all) and a span of dates, both ends included.

    It narrows what members and projects bring in; what is named by itself is covered
    whole. `dates_of` is a value of `DatesOf`.
    """

    content_kinds: tuple[str, ...] | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    dates_of: str = "life"

    @property
    def is_plain(self) -> bool:
        """Whether everything is wanted."""
        return not (self.content_kinds or self.from_at or self.until_at)

    @property
    def as_details(self) -> dict[str, Any]:
        """What of it is set, for the sealed details of an entry."""
        spans = {
            "from": self.from_at and self.from_at.isoformat(),
            "until": self.until_at and self.until_at.isoformat(),
        }
        found = {"kinds": list(self.content_kinds or ()), **spans}
        found["dates_of"] = self.dates_of if any(spans.values()) else None
        return {name: value for name, value in found.items() if value}


EVERYTHING = Narrowing()


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a hold names, by ids of the open workspace."""

    membership_ids: Sequence[int] = ()
    conversation_ids: Sequence[int] = ()
    project_ids: Sequence[int] = ()
    gpt_ids: Sequence[int] = ()
    narrowing: Narrowing = field(default=EVERYTHING)

    def __len__(self) -> int:
        return sum(len({*ids}) for ids in self.by_kind().values())

    def by_kind(self) -> dict[str, Sequence[int]]:
        """The ids by the kind of scope."""
        return {
            "member": self.membership_ids,
            "conversation": self.conversation_ids,
            "project": self.project_ids,
            "gpt": self.gpt_ids,
        }

    def scopes(self) -> list[tuple[str, int]]:
        """Each thing once, as (kind of scope, id)."""
        return [
            (kind, one)
            for kind, ids in self.by_kind().items()
            for one in sorted({*ids})
        ]


@dataclass(frozen=True, kw_only=True)
class Text:
    """What people write about a matter; all of it is sealed."""

    name: str
    reference: str = ""
    description: str = ""
