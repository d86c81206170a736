"""The index of the audit app's models."""

from audit.anchors.models import AuditAnchor
from audit.denials.models import AuditDenial
from audit.erasure.models import AuditErasure
from audit.expiry.models import AuditExpiry
from audit.exports.models import AuditExport
from audit.incidents.models import (
    AuditIncident,
    AuditIncidentCursor,
    AuditIncidentRule,
    AuditIncidentStep,
    AuditPageCall,
    AuditRota,
)
from audit.log.models import (
    AuditBlock,
    AuditDetail,
    AuditEntry,
    AuditFacet,
    AuditLog,
    AuditRefusal,
    AuditSequencer,
    AuditTile,
)
from audit.pruning.models import AuditPruning
from audit.saved_views.models import AuditSavedView
from audit.streams.models import AuditStream, AuditStreamSample
from audit.timestamps.models import AuditTimestamp
from audit.verification.models import AuditVerification
from audit.witnesses.models import AuditWitness

__all__ = [
    "AuditAnchor",
    "AuditBlock",
    "AuditDenial",
    "AuditDetail",
    "AuditEntry",
    "AuditErasure",
    "AuditExpiry",
    "AuditExport",
    "AuditFacet",
    "AuditIncident",
    "AuditIncidentCursor",
    "AuditIncidentRule",
    "AuditIncidentStep",
    "AuditLog",
    "AuditPageCall",
    "AuditPruning",
    "AuditRefusal",
    "AuditRota",
    "AuditSavedView",
    "AuditSequencer",
    "AuditStream",
    "AuditStreamSample",
    "AuditTile",
    "AuditTimestamp",
    "AuditVerification",
    "AuditWitness",
]
