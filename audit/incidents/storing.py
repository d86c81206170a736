"""Seals what people wrote about an incident with the key of their log."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit.log import details
from audit.log.selectors import Log
from kit import sealing
from kit.sealing import CannotOpen, Sealer


@dataclass(frozen=True)
class Box:
    """The key of one log made ready, for as many values as a page or an act has."""

    sealer: Sealer

    @classmethod
    def of(cls, log: Log) -> "Box":
        """The box of a log; DetailsAreGone where its key was destroyed."""
        return cls(Sealer(details.key_of(log.key_id)))

    def seal(self, value: dict[str, Any], *, table: str, row: UUID) -> bytes:
        """The value, to be opened in that row only."""
        return self.sealer.seal(json.dumps(value).encode(), aad=_place(table, row))

    def open(
        self, sealed: "bytes | memoryview[int] | None", *, table: str, row: UUID
    ) -> dict[str, Any]:
        """What was sealed there; nothing where it does not open or there is nothing."""
        if sealed is None:
            return {}
        try:
            plain = self.sealer.open(bytes(sealed), aad=_place(table, row))
        except CannotOpen:
            return {}
        found: dict[str, Any] = json.loads(plain)
        return found


def _place(table: str, row: UUID) -> bytes:
    return sealing.binding(table=table, row=row, column="sealed")
