"""The rows of refusals that are being gathered."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import OrganizationManager


class AuditDenial(models.Model):
    """A source that was refused something within the last minute or two.

    Its first refusal is an entry already; those that follow are counted, in Valkey or
    in `pending`, until `due_at`. Data: `sealed` holds who it was and what was asked
    for (personal), under the log's key; `source` is a digest of both.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    source = models.BinaryField(max_length=32)
    action = models.CharField(max_length=80)
    target_kind = models.CharField(max_length=40)
    target = models.UUIDField()
    workspace = models.UUIDField(null=True)
    sealed = models.BinaryField()
    pending = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()

    objects = OrganizationManager["AuditDenial"]()

    class Meta:
        db_table = "audit_denial"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "source"], name="audit_denial_source_once"
            ),
            models.CheckConstraint(
                condition=Q(pending=0, first_at=None, last_at=None)
                | Q(pending__gt=0, first_at__isnull=False, last_at__isnull=False),
                name="audit_denial_pending_whole",
            ),
        ]
        indexes = [models.Index(fields=["due_at", "id"], name="audit_denial_due")]

    def __str__(self) -> str:
        return str(self.public_id)
