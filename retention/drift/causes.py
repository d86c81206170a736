"""Names what became of each item of a purge list, and of what went beside it.

Each item has exactly one cause. `UNEXPLAINED` is the alarm: nothing that is known tells
why a sweep took or left an item.
"""

from enum import StrEnum


class Cause(StrEnum):
    """What became of an item that the list names."""

    PURGED = "purged"
    EARLIER = "earlier"
    DELETED = "deleted"
    KEPT = "kept"
    HELD = "held"
    RELEASED = "released"
    ACTIVITY = "activity"
    RESTORED = "restored"
    MOVED = "moved"
    POLICY = "policy"
    TO_COME = "to_come"
    WAITING = "waiting"
    STOPPED = "stopped"
    IN_USE = "in_use"
    UNEXPLAINED = "unexplained"


class Beside(StrEnum):
    """Why a sweep took an item that the list does not name."""

    DELETED = "beside_deleted"
    STORED = "beside_stored"
    POLICY = "beside_policy"
    DUE_SINCE = "beside_due_since"
    MOVED = "beside_moved"
    UNEXPLAINED = "beside_unexplained"


ALARMS = (Cause.UNEXPLAINED.value, Beside.UNEXPLAINED.value)
AS_LISTED = (Cause.PURGED, Cause.KEPT, Cause.TO_COME)
