"""Answers which sources have an entry to be written."""

from datetime import datetime

from audit.log import storage

_DUE = "select * from audit_due_denials(%s, %s)"


def due(*, at: datetime, limit: int) -> list[tuple[int, int]]:
    """Rows whose minute is over, with their organizations, longest due first."""
    return list(storage.rows("default", _DUE, at, limit))
