"""Writes the receipt of one object: what a purge did to it, or that a hold kept it.

The signed document holds the object's id only as a hash with the organization's salt;
`opening`, beside it in the file, gives id, salt and entry. Without that part a receipt
can be shown to others and names nobody's conversation. The same object has the same
receipt each time.
"""

import base64
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from audit.log.selectors import log_of
from audit.log.tree import leaf_hash
from audit.pruning import selectors as pruning
from audit.verification import acts
from kit import signing, vault
from kit.refusals import Refused
from retention.certificates.selectors import Destroyed, Purged, Stored
from retention.receipts import documents, verifier
from retention.receipts.documents import Signed, moment
from workspaces.tenancy.selectors import WorkspaceRef

_SALT_LABEL = b"custos.receipt.salt.v1"
DELETE = "delete"
"""What the log names as the rule where a person or a program deleted the object."""


class NotSealedYet(Refused):
    """The entry of the purge is not under a signed head yet."""


class SaltIsGone(Refused):
    """The organization's key is destroyed, and with it the salt of its receipts."""


def of_purged(found: Purged, *, workspace: WorkspaceRef) -> Signed:
    """The receipt of an object that a sweep took."""
    if found.entry is None:
        pruning.demand_not_pruned(made_at=found.at)
        raise NotSealedYet(
            _("The audit log has not sealed this purge yet. Come back in a minute.")
        )
    entry = json.loads(found.entry.leaf)
    salt = _salt(workspace)
    counts = entry.get("counts", {})
    document = {
        "type": "object",
        **_object(workspace, found.public_id, found.noun, salt=salt),
        "outcome": "purged",
        "rule": entry.get("policy", ""),
        "hold_check": {"at": entry["time"], "held": False},
        "stores": {
            "database": {"outcome": "deleted", "at": entry["time"], "counts": counts},
            "vault": _store(found.keys),
            "files": _store(found.files),
        },
        "sweep": str(found.sweep.public_id) if found.sweep else "",
        "log": {
            "epoch": found.entry.epoch,
            "index": found.entry.index,
            "leaf_hash": leaf_hash(found.entry.leaf).hex(),
            "proof": [hashed.hex() for hashed in found.entry.hashes],
            "checkpoint": found.entry.checkpoint,
        },
    }
    opening = {**_opening(found.public_id, salt), "entry": found.entry.leaf.decode()}
    return documents.signed(document, key=_key(), opening=opening)


def of_kept(found: Stored, *, workspace: WorkspaceRef, at: datetime) -> Signed:
    """The receipt of a refusal: deleted and hidden, and kept because of a hold."""
    salt = _salt(workspace)
    asked = found.deleted_at or at
    document = {
        "type": "refusal",
        **_object(workspace, found.public_id, found.noun, salt=salt),
        "outcome": "kept",
        "reason": "legal_hold",
        "asked_at": moment(asked),
        "hidden_since": moment(asked),
        "hold_check": {"at": moment(at), "held": True},
        "log": _newest_head(workspace),
    }
    return documents.signed(
        document, key=_key(), opening=_opening(found.public_id, salt)
    )


def _newest_head(workspace: WorkspaceRef) -> dict[str, Any] | None:
    """The newest head dates the refusal: it was not written before that."""
    note = acts.newest_checkpoint(organization_id=workspace.organization.id)
    return {"checkpoint": note} if note else None


def _object(
    workspace: WorkspaceRef, public_id: UUID, noun: str, *, salt: bytes
) -> dict[str, Any]:
    return {
        "organization": str(workspace.organization.public_id),
        "workspace": str(workspace.public_id),
        "object": {
            "kind": noun,
            "hash": verifier.object_hash(str(public_id), salt=salt),
        },
    }


def _opening(public_id: UUID, salt: bytes) -> dict[str, str]:
    return {"id": str(public_id), "salt": base64.b64encode(salt).decode()}


def _store(found: Destroyed) -> dict[str, Any]:
    if not found.number:
        return {"outcome": "none", "number": 0}
    if found.at is None:
        return {"outcome": "waiting", "number": found.number}
    return {
        "outcome": "destroyed",
        "number": found.number,
        "at": moment(found.at),
    }


def _salt(workspace: WorkspaceRef) -> bytes:
    """One for each organization, and gone with its key."""
    key_id = log_of(organization_id=workspace.organization.id).key_id
    key = vault.read_keys([key_id]).get(key_id)
    if key is None:
        raise SaltIsGone(_("The keys of this organization are destroyed."))
    return hmac.digest(key, _SALT_LABEL, "sha256")


def _key() -> signing.SigningKey:
    return signing.load_or_create(Path(settings.CUSTOS_LOG_KEY_FILE))
