"""Canaries: planted objects whose timely purge proves that sweeps are alive."""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager
from workspaces.tenancy.plans import Plan


class Canary(models.Model):
    """One object that Custos planted in a workspace, to be purged like content.

    It is stored as deleted from the start, so that it falls due a day after it was
    planted, and has a key and a blob of its own. Nobody owns it: no hold covers it, no
    list, count or export of content holds it. Data: `sealed` is text of our own, and
    is treated as content is.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # The doors of simple kinds ask for it; always empty.
    owner_id = models.BigIntegerField(null=True)
    plan_written = models.CharField(
        max_length=20, choices=[(plan.value, plan.value) for plan in Plan]
    )
    key_id = models.UUIDField(unique=True)
    key_made_at = models.DateTimeField()
    blob_id = models.UUIDField(unique=True)
    sealed = models.BinaryField()
    byte_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField()
    deleted_by = models.CharField(max_length=20)

    objects = WorkspaceManager["Canary"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="canary_one_at_a_time"),
            models.UniqueConstraint(
                fields=["workspace", "id"], name="canary_in_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(owner_id__isnull=True), name="canary_is_nobodys"
            ),
            models.CheckConstraint(
                condition=models.Q(plan_written__in=[plan.value for plan in Plan]),
                name="canary_plan_known",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "deleted_at"], name="canary_deleted")
        ]

    def __str__(self) -> str:
        return str(self.public_id)
