"""Writes the receipt of one object: what a purge did to it, or what a hold refused.

The signed document holds the object's id only as a hash with the organization's salt;
`opening`, beside it in the file, gives id, salt and entry. Without that part a receipt
can be shown to others and names nobody's conversation. The same object has the same
receipt each time; what a hold keeps now says when that was looked at.
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

from audit.log.leaf import moment
from audit.log.selectors import log_of
from audit.log.tree import leaf_hash
from audit.pruning import selectors as pruning
from audit.verification import acts
from audit.verification.acts import Proven
from kit import signing, vault
from kit.refusals import Refused
from retention.certificates.selectors import Cause, Destroyed, Purged, Stored
from retention.receipts import documents, verifier
from retention.receipts.documents import Signed
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
        "log": _place(found.entry),
    }
    opening = {**_opening(found.public_id, salt), "entry": found.entry.leaf.decode()}
    return documents.signed(document, key=_key(), opening=opening)


def of_kept(
    found: Stored, cause: Cause, *, workspace: WorkspaceRef, at: datetime
) -> Signed:
    """The receipt of a refusal: because of a hold, an object stays, whatever asked."""
    salt = _salt(workspace)
    opening = _opening(found.public_id, salt)
    if cause is Cause.REQUEST:
        entry = _refused(found, workspace)
        opening["entry"] = entry.leaf.decode()
        asked_at = json.loads(entry.leaf)["time"]
        told = {"asked_at": asked_at, **_held(asked_at), "log": _place(entry)}
    else:
        told = {**_held(moment(at)), "log": _newest_head(workspace)}
    if cause is Cause.DELETION and found.deleted_at:
        since = moment(found.deleted_at)
        told |= {"asked_at": since, "hidden_since": since}
    if cause is Cause.POLICY:
        told["rule"] = found.stands.rule
    document = {
        "type": "refusal",
        **_object(workspace, found.public_id, found.noun, salt=salt),
        "outcome": "kept",
        "reason": "legal_hold",
        "cause": cause.value,
        **told,
    }
    return documents.signed(document, key=_key(), opening=opening)


def _refused(found: Stored, workspace: WorkspaceRef) -> Proven:
    """The entry of a request that was refused, with its place in the log."""
    organization_id, place = workspace.organization.id, found.refused
    entry = place and acts.proven_at(organization_id=organization_id, place=place)
    if not place or not entry:
        raise LookupError(f"no entry tells of a refusal about {found.public_id}")
    return entry


def _held(at: str) -> dict[str, Any]:
    return {"hold_check": {"at": at, "held": True}}


def _place(entry: Proven) -> dict[str, Any]:
    return {
        "epoch": entry.epoch,
        "index": entry.index,
        "leaf_hash": leaf_hash(entry.leaf).hex(),
        "proof": [hashed.hex() for hashed in entry.hashes],
        "checkpoint": entry.checkpoint,
    }


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
