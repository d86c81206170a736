"""Index of the app's models; each slice owns its own."""

from retention.canaries.models import Canary
from retention.closing.models import Closing
from retention.erasure.models import Erasure, ErasureCount
from retention.hold_notices.models import HoldNotice
from retention.holds.models import Hold, HoldScope, ReleaseGrace, ReleaseRequest
from retention.incidents.models import Incident
from retention.matter_exports.models import MatterExport, MatterExportPart
from retention.policies.drafts.models import DraftStep, PolicyDraft
from retention.policies.listing.models import PurgeList, PurgeListItem
from retention.policies.models import Policy, PolicyBounds
from retention.policies.safeguards.models import Announcement, Safeguards
from retention.probing.models import BlobSighting
from retention.promise.models import PromiseStanding
from retention.receipts.models import Receipt
from retention.schedules.models import SweepSchedule
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.models import (
    Doom,
    OrphanSearch,
    Sweep,
    SweepCount,
    SweepRun,
    SweepSlice,
)

__all__ = [
    "Announcement",
    "BlobSighting",
    "Canary",
    "Closing",
    "Doom",
    "DraftStep",
    "Erasure",
    "ErasureCount",
    "Hold",
    "HoldNotice",
    "HoldScope",
    "Incident",
    "MatterExport",
    "MatterExportPart",
    "OrphanSearch",
    "Policy",
    "PolicyBounds",
    "PolicyDraft",
    "PromiseStanding",
    "PurgeList",
    "PurgeListItem",
    "Receipt",
    "ReleaseGrace",
    "ReleaseRequest",
    "Safeguards",
    "Sweep",
    "SweepCount",
    "SweepRun",
    "SweepSchedule",
    "SweepSlice",
    "SweepStop",
]
