"""What goes to a destination at once: events in the log's order, and where it ends."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.explorer.selectors import Place, Shown
from audit.formats import cef, native, ocsf
from audit.log.leaf import Json
from audit.log.selectors import Log
from audit.streams.kinds import Format

CHECKPOINT = "custos.audit.checkpoint"
TEST = "custos.audit.stream-test"
NOTHING = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing to tell: an entry, the newest checkpoint, or a test.

    `id` is the same whenever the same thing is told again; `data` is an object, or one
    line of text in CEF. Only entries have a place.
    """

    id: str
    type: str
    time: datetime
    data: dict[str, Json] | str
    outcome: str = "success"
    actor_kind: str = ""
    subject: str = ""
    place: Place | None = None

    @property
    def text(self) -> str:
        """The data on one line."""
        if isinstance(self.data, str):
            return self.data
        return json.dumps(self.data, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Entries beyond `after`; nothing else up to `through` fits the stream's filter.

    `missing` entries right after `after` are in the log no longer: a gap is told. What
    is cut by block begins where its block does, which may lie elsewhere than `after`.
    """

    stream: UUID
    log: Log
    format: Format
    entries: Sequence[Shown]
    after: Place
    through: Place
    checkpoint: str
    at: datetime
    missing: int = 0
    is_test: bool = False
    begin: Place | None = None

    @property
    def start(self) -> Place:
        """The place right before the first that this batch covers."""
        return self.begin or self.after

    @property
    def id(self) -> str:
        """Names what is sent: the same batch again has the same name."""
        if self.is_test:
            return f"{self.stream}.test.{int(self.at.timestamp())}"
        (epoch, first), (last_epoch, last) = self.after, self.through
        return f"{self.stream}.{epoch}.{first}.{last_epoch}.{last}"

    def events(self) -> list[Event]:
        """The entries in order, then the checkpoint; a test is one event."""
        if self.is_test:
            return [self._test()]
        return [*(self._entry(one) for one in self.entries), self._checkpoint()]

    def _entry(self, shown: Shown) -> Event:
        leaf = shown.leaf
        place = (shown.epoch or 0, shown.index or 0)
        return Event(
            id=f"{place[0]}/{place[1]}",
            type=f"custos.{leaf.action if leaf else NOTHING}",
            time=leaf.time if leaf else self.at,
            data=self._data(shown),
            outcome=leaf.outcome if leaf else NOTHING,
            actor_kind=leaf.actor_kind if leaf else "",
            subject=f"{leaf.target_kind}/{leaf.target_id}" if leaf else "",
            place=place,
        )

    def _data(self, shown: Shown) -> dict[str, Json] | str:
        if self.format is Format.CEF:
            return cef.line(shown, log=self.log)
        if self.format is Format.OCSF:
            return ocsf.event(shown, log=self.log)
        return native.event(shown, log=self.log)

    def _checkpoint(self) -> Event:
        """What makes a later rewrite of the log visible to the receiver."""
        return Event(
            id=f"checkpoint/{self.through[0]}/{self.through[1]}",
            type=CHECKPOINT,
            time=self.at,
            data={
                "log": str(self.log.uuid),
                "origin": self.log.origin,
                "checkpoint": self.checkpoint,
                "after": {"epoch": self.start[0], "index": self.start[1]},
                "through": {"epoch": self.through[0], "index": self.through[1]},
                "entries": len(self.entries),
                **({"missing": self.missing} if self.missing else {}),
            },
        )

    def _test(self) -> Event:
        return Event(
            id=self.id,
            type=TEST,
            time=self.at,
            data={"log": str(self.log.uuid), "message": "Custos can reach you."},
        )
