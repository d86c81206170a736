"""Goes on past what fails: the defect of one keeps no other one waiting.

Work that is due belongs to many organizations. What cannot be done for one of them, as
its key does not open or its rows are not what they should be, must be late for that one
alone.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

_log = logging.getLogger(__name__)
# Beat rings each minute, and no task may run for less than two.
TICK_SECONDS = 60.0
Due = TypeVar("Due")


def one_by_one(
    due: Iterable[Due], work: Callable[[Due], int | None], *, what: str
) -> int:
    """Does each that is due, for a minute; the sum of what they return.

    One that fails stays as its transaction left it, and the log names it: let `due` be
    ids and nothing that a log must not hold. Ask for many: those that fail each time
    come first each time.
    """
    done, until = 0, time.monotonic() + TICK_SECONDS
    for one in due:
        if time.monotonic() > until:
            break  # the next tick goes on
        try:
            done += work(one) or 0
        except Exception as defect:  # noqa: BLE001 -- one must not stop the others
            # The type only: the text of a defect may hold content.
            _log.error("%s %s failed: %s", what, one, type(defect).__name__)
    return done
