"""Prints one line per stage of a start, with what came of it and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stage:
    """The line of one stage; `detail` may be filled in while it runs."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = "ready"


@contextmanager
def stage(title: str) -> Iterator[Stage]:
    """Times the block and prints its line; a failed block prints nothing."""
    began = time.monotonic()
    line = Stage(title)
    yield line
    say(f"{line.title:<20} {line.detail} ({time.monotonic() - began:.1f} s)")


def say(text: str) -> None:
    """One line for the person at the terminal, at once."""
    print(text, flush=True)
