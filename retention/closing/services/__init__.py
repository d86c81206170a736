"""Asks for the closing of a workspace, takes it back, and does it step by step."""

from retention.closing.services.asking import (
    ClosingHasBegun,
    ClosingIsUnderWay,
    ClosingReasonIsMissing,
    NothingToUndo,
    request,
    undo,
)
from retention.closing.services.working import work_due

__all__ = [
    "ClosingHasBegun",
    "ClosingIsUnderWay",
    "ClosingReasonIsMissing",
    "NothingToUndo",
    "request",
    "undo",
    "work_due",
]
