"""What is sealed and what was verified."""

from audit.log import storage
from audit.verification.models import AuditVerification, State


def sealed_through(
    *, organization_id: int, entry_id: int, using: str = "default"
) -> bool:
    """Tells whether an entry is under a signed checkpoint."""
    found = storage.rows(
        using,
        "select exists (select from audit_block b where b.organization_id ="
        " e.organization_id and (b.last_epoch, b.last_xid, b.last_id) >="
        " (e.epoch, e.xid, e.id) and (b.first_epoch, b.first_xid, b.first_id) <="
        " (e.epoch, e.xid, e.id)) from audit_entry e"
        " where e.id = %s and e.organization_id = %s",
        entry_id,
        organization_id,
    )
    return bool(found and found[0][0])


def newest() -> AuditVerification | None:
    """The newest verification in the open scope, ended or not."""
    return AuditVerification.objects.order_by("-requested_at", "-id").first()


def newest_ended() -> AuditVerification | None:
    """The newest result in the open scope."""
    ended = AuditVerification.objects.filter(state=State.DONE)
    return ended.order_by("-requested_at", "-id").first()
