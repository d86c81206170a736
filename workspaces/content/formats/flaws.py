"""What is wrong with an input, and where."""

from kit.refusals import Refused


class Flaw(Exception):
    """What is wrong, as a sentence without any content; the reader adds the place."""


class ImportRefused(Refused):
    """Nothing was imported: the sentence names file and place, never content."""

    def __init__(self, why: str, *, place: str = "") -> None:
        super().__init__(f"{place}: {why}" if place else why)
        self.place = place


class Place:
    """Where a reader stands in its file; it moves with the reading."""

    def __init__(self, file: str, *, unit: str = "conversation") -> None:
        self.file = file
        self.unit = unit
        self.number = 0
        self.part = ""

    def next(self) -> None:
        """The following conversation or line begins."""
        self.number += 1
        self.part = ""

    def __str__(self) -> str:
        item = f"{self.unit} {self.number:,}" if self.number else ""
        return ", ".join(part for part in (self.file, item, self.part) if part)
