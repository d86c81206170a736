"""Index of the app's models; each slice owns its own."""

from retention.canaries.models import Canary
from retention.holds.models import Hold, HoldScope, ReleaseGrace, ReleaseRequest
from retention.incidents.models import Incident
from retention.policies.models import Policy, PolicyBounds
from retention.probing.models import BlobSighting
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
    "BlobSighting",
    "Canary",
    "Doom",
    "Hold",
    "HoldScope",
    "Incident",
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
