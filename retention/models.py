"""Index of the app's models; each slice owns its own."""

from retention.holds.models import Hold, HoldScope, ReleaseGrace, ReleaseRequest
from retention.policies.models import Policy, PolicyBounds
from retention.receipts.models import Receipt
from retention.schedules.models import SweepSchedule
from retention.sweeps.models import (
    Doom,
    OrphanSearch,
    Sweep,
    SweepCount,
    SweepRun,
    SweepSlice,
)

__all__ = [
    "Doom",
    "Hold",
    "HoldScope",
    "OrphanSearch",
    "Policy",
    "PolicyBounds",
    "Receipt",
    "ReleaseGrace",
    "ReleaseRequest",
    "Sweep",
    "SweepCount",
    "SweepRun",
    "SweepSchedule",
    "SweepSlice",
]
