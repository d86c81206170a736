"""The index of the audit app's models."""

from audit.anchors.models import AuditAnchor
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
from audit.verification.models import AuditVerification

__all__ = [
    "AuditAnchor",
    "AuditBlock",
    "AuditDetail",
    "AuditEntry",
    "AuditFacet",
    "AuditLog",
    "AuditRefusal",
    "AuditSequencer",
    "AuditTile",
    "AuditVerification",
]
