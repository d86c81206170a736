"""Writes log lines that hold no value of a request, also where something failed.

The text of an exception may be content, an address or a secret: PostgreSQL's errors
quote the row. So a traceback names where it happened and the types, and no texts.
"""

import logging
import traceback
from types import TracebackType

_Failure = (
    tuple[type[BaseException], BaseException, TracebackType | None]
    | tuple[None, None, None]
)


class LineFormatter(logging.Formatter):
    """One line a record; frames and types of exceptions below it."""

    def formatException(self, ei: _Failure) -> str:  # noqa: N802 -- logging names it
        return "\n".join(_lines(ei[1]))


def _lines(failure: BaseException | None) -> list[str]:
    lines: list[str] = []
    seen: set[int] = set()
    while failure is not None and id(failure) not in seen:
        seen.add(id(failure))
        frames = traceback.format_tb(failure.__traceback__)
        kind = type(failure)
        lines[:0] = [
            *(line.rstrip() for line in frames),
            f"{kind.__module__}.{kind.__qualname__}",
        ]
        is_hidden = failure.__suppress_context__ or failure.__cause__ is not None
        failure = failure.__cause__ if is_hidden else failure.__context__
    return lines
