"""Writes entries: `recording.record(...)` for one, `recording.bulk` for a batch."""

from audit.recording.services import Outcome, Target, record

__all__ = ["Outcome", "Target", "record"]
