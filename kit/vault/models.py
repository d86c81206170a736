"""The vault's only table."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kit.vault.rows import Kind


class VaultKey(models.Model):
    """One data key, wrapped by its parent or by the installation key; or its tombstone.

    Class of data: secret (`wrapped`); the rest is operational, nothing is personal.
    Code reads and writes it through `kit.vault` alone.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=12)
    # No foreign key: a parent may be destroyed, or restored, without its children.
    parent_id = models.UUIDField(null=True)
    wrapped = models.BinaryField(null=True)
    made_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="vault_key_kind",
                condition=Q(kind__in=[str(kind) for kind in Kind]),
            ),
            models.CheckConstraint(
                name="vault_key_destroyed_pair",
                condition=Q(wrapped__isnull=True, destroyed_at__isnull=False)
                | Q(wrapped__isnull=False, destroyed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="vault_key_top_is_organization",
                condition=Q(kind="organization", parent_id__isnull=True)
                | (~Q(kind="organization") & Q(parent_id__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                name="vault_key_live",
                fields=["kind", "made_at", "id"],
                condition=Q(wrapped__isnull=False),
            ),
            models.Index(
                name="vault_key_tombstones",
                fields=["destroyed_at", "id"],
                condition=Q(destroyed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} key {self.id}"
