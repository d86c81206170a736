"""Makes work take as long whatever it finds, where its time would tell a stranger."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def evenly(seconds: float) -> Iterator[None]:
    """Lasts `seconds`, or a multiple of it where the work inside takes longer."""
    began = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - began
        time.sleep(max(1, math.ceil(took / seconds)) * seconds - took)
