"""Rings for a worker once the change has committed; a bell that fails is no failure.

What is due lies in a row. The ring only spares it the wait for the next tick, so a
broker that is down makes work late, never lost, and never an error on a page.
"""

import logging
from collections.abc import Callable

from django.db import transaction
from kombu.exceptions import OperationalError

_log = logging.getLogger(__name__)


def ring_on_commit(ring: Callable[[], object]) -> None:
    """Call `ring` after the outermost transaction, if it commits."""

    def quietly() -> None:
        try:
            ring()
        except (OperationalError, OSError):
            _log.warning("the broker does not answer; work begins at the next tick")

    transaction.on_commit(quietly, robust=True)
