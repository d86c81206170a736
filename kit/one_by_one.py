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
# No task that asks may be ended before two minutes.
TICK_SECONDS = 60.0
Due = TypeVar("Due")


def one_by_one(
    due: Iterable[Due],
    work: Callable[[Due], int | None],
    *,
    what: str,
    is_whole: bool = False,
) -> int:
    """Does each that is due, for a minute; the sum of what they return.

    What is done is due no more, so that the next tick goes on behind it; a pass that
    begins anew each time `is_whole`, however long it takes. One that fails stays as its
    transaction left it, and the log names it: let `due` be ids and slugs, nothing that
    a log must not hold. Ask for many: those that always fail come first each time.
    """
    done, until = 0, time.monotonic() + TICK_SECONDS
    for one in due:
        if time.monotonic() > until and not is_whole:
            break
        try:
            done += work(one) or 0
        except Exception as defect:  # noqa: BLE001 -- one must not stop the others
            # The type only: the text of a defect may hold content.
            _log.error("%s %s failed: %s", what, one, type(defect).__name__)
    return done
