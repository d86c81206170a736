"""Requests to erase a person from one log, worked on by themselves."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import OrganizationManager


class ErasureState(models.TextChoices):
    """Held: a legal hold is over the person; the work waits for its release."""

    DUE = "due"
    HELD = "held"
    DONE = "done"


class AuditErasure(models.Model):
    """One person to be erased from the entries of one log up to `until_id`.

    `position` is the entry up to which the work is done. Data: `sealed` says who it
    is, and is gone when the work is; nothing of it names the person then.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(
        max_length=10, choices=ErasureState, default=ErasureState.DUE
    )
    sealed = models.BinaryField(null=True)
    until_id = models.BigIntegerField()
    position = models.BigIntegerField(default=0)
    acted_n = models.PositiveBigIntegerField(default=0)
    mentioned_n = models.PositiveBigIntegerField(default=0)
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = OrganizationManager["AuditErasure"]()

    class Meta:
        db_table = "audit_erasure"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state=ErasureState.DONE, ended_at__isnull=False, sealed__isnull=True
                )
                | Q(
                    state__in=[ErasureState.DUE, ErasureState.HELD],
                    ended_at__isnull=True,
                    sealed__isnull=False,
                ),
                name="audit_erasure_forgets_whom",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(ended_at__isnull=True),
                name="audit_erasure_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
