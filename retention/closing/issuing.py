"""Writes the signed certificate of a closing that is complete."""

from datetime import datetime
from pathlib import Path

from django.conf import settings

from audit.log.leaf import moment
from audit.verification import acts
from kit import signing
from retention.closing.models import Closing
from retention.receipts import documents
from retention.receipts.documents import Signed
from workspaces.tenancy.selectors import WorkspaceRef


def of_closed(
    closing: Closing, *, workspace: WorkspaceRef, key_destroyed_at: datetime
) -> Signed:
    """What was stored at the request, and when nothing was stored and the key gone.

    The newest head of the log dates it: it was not written before that.
    """
    note = acts.newest_checkpoint(organization_id=workspace.organization.id)
    stored = {
        kind: {"number": number, "bytes": size}
        for kind, (number, size) in closing.counted.items()
    }
    document = {
        "type": "closing",
        "organization": str(workspace.organization.public_id),
        "workspace": str(workspace.public_id),
        "closing": str(closing.public_id),
        "outcome": "closed",
        "asked_at": moment(closing.requested_at),
        "stored_when_asked": stored,
        "emptied_at": moment(closing.emptied_at or key_destroyed_at),
        "key_destroyed_at": moment(key_destroyed_at),
        "backups_of_keys_days": settings.CUSTOS_VAULT_BACKUP_DAYS,
        "log": {"checkpoint": note} if note else None,
    }
    key = signing.load_or_create(Path(settings.CUSTOS_LOG_KEY_FILE))
    return documents.signed(document, key=key)
