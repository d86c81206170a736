"""The index of the audit app's models."""

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
