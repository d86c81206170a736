"""Receipts: the signed evidence of what a sweep did."""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager


class Receipt(models.Model):
    """One signed document about one sweep; written once, never changed.

    Data: ids, counts and times only; nothing personal, no content.
    """

    workspace_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite key (workspace, sweep) -> sweep (workspace, id), in SQL.
    sweep_id = models.BigIntegerField(unique=True)
    document = models.BinaryField()
    signature = models.BinaryField()
    verifier_key = models.TextField()
    signed_at = models.DateTimeField()

    objects = WorkspaceManager["Receipt"]()

    def __str__(self) -> str:
        return str(self.public_id)
