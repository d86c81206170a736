"""Notices to custodians: that they must keep what a hold covers, and their answer."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager


class HoldNotice(models.Model):
    """What one custodian was told about one hold, and when they acknowledged it.

    `due_at` is when the next reminder goes; there is none after the acknowledgement.
    Data: `text` is what the officer wrote, business data sealed with the
    organization's key; `sent_by` is a random id; the rest is metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite keys (workspace, …) -> hold and membership (workspace, id), in SQL.
    hold = models.ForeignKey(
        "retention.Hold",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="notices",
    )
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    text = models.BinaryField()
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=64)
    due_at = models.DateTimeField(null=True)
    reminded_n = models.PositiveIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["HoldNotice"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hold", "membership"], name="holdnotice_custodian_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True) | Q(due_at__isnull=True),
                name="holdnotice_reminds_until_acknowledged",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "membership", "id"], name="holdnotice_of_member"
            ),
            models.Index(
                fields=["due_at"],
                name="holdnotice_due",
                condition=Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
