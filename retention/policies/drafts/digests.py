"""Computes what an approval is bound to: a digest over all that a draft proposes."""

from hashlib import sha256

from audit.log.leaf import canonical
from retention.policies.drafts.models import PolicyDraft

# Where a draft stands is no part of what it proposes.
LIFECYCLE = frozenset({"id", "state", "due_at", "version", "ended_at"})


def digest(draft: PolicyDraft) -> bytes:
    """SHA-256 over every column but LIFECYCLE, the preview by a digest of its own."""
    bound = {
        field.attname: _text(getattr(draft, field.attname))
        for field in PolicyDraft._meta.concrete_fields
        if field.name not in LIFECYCLE and field.name != "preview"
    }
    bound["preview"] = preview_digest(draft).hex()
    return sha256(canonical(bound)).digest()


def preview_digest(draft: PolicyDraft) -> bytes:
    """SHA-256 over the numbers that were shown for the draft's values."""
    return sha256(canonical(draft.preview)).digest()


def _text(value: object) -> str | None:
    return None if value is None else str(value)
