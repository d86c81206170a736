"""Sealed exports of matters: who asked, what they hold, and the parts they lie in."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager
from workspaces.tenancy.plans import Plan


class Outcome(models.TextChoices):
    """How an export ended: whole, refused or canceled, or given up after failures."""

    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class MatterExport(models.Model):
    """One export of what a hold covers, asked for by one person, who alone gets it.

    It has a key of its own and goes as content goes: its age or a delete makes it due,
    and a sweep purges rows, key and bytes. It is a copy, so it is nobody's: no hold
    covers it. Data: `sealed` is the reason, governance text; `requested_by` is a random
    id; `job_id` names the job that writes it; the rest is metadata.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # The doors of simple kinds ask for it; always empty.
    owner_id = models.BigIntegerField(null=True)
    # Composite key (workspace, hold) -> hold (workspace, id), in SQL.
    hold = models.ForeignKey(
        "retention.Hold",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    plan_written = models.CharField(
        max_length=20, choices=[(plan.value, plan.value) for plan in Plan]
    )
    key_id = models.UUIDField(unique=True)
    key_made_at = models.DateTimeField()
    sealed = models.BinaryField()
    requested_by = models.CharField(max_length=64)
    expected_n = models.PositiveBigIntegerField()
    job_id = models.UUIDField(null=True)
    byte_count = models.BigIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome, null=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=20, null=True)

    objects = WorkspaceManager["MatterExport"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="matterexport_in_workspace"
            ),
            models.CheckConstraint(
                condition=Q(owner_id__isnull=True), name="matterexport_is_nobodys"
            ),
            models.CheckConstraint(
                condition=Q(plan_written__in=[plan.value for plan in Plan]),
                name="matterexport_plan_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True, ended_at__isnull=True)
                | Q(outcome__in=Outcome.values, ended_at__isnull=False),
                name="matterexport_ended_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="matterexport_deleted_who_and_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "deleted_at"],
                name="matterexport_deleted",
                condition=Q(deleted_at__isnull=False),
            ),
            models.Index(fields=["workspace", "created_at"], name="matterexport_age"),
            models.Index(fields=["hold", "id"], name="matterexport_of_hold"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class MatterExportPart(models.Model):
    """One sealed piece of an export's archive, whole or not there.

    A worker that died goes on after the last part: `kind` and `last_id` say how far it
    reaches. The parts in their order are the archive. Data: counts, ids and a digest.
    """

    workspace_id = models.BigIntegerField()
    # Composite key (workspace, export) -> export (workspace, id), cascading, in SQL.
    export = models.ForeignKey(
        MatterExport,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="parts",
    )
    number = models.PositiveIntegerField()
    # Empty in the last part, which holds the signed manifest.
    kind = models.CharField(max_length=40, blank=True, default="")
    last_id = models.BigIntegerField()
    objects_n = models.PositiveIntegerField()
    files_n = models.PositiveIntegerField()
    withheld_n = models.PositiveIntegerField()
    unreadable_n = models.PositiveIntegerField()
    byte_count = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    blob_id = models.UUIDField(unique=True)

    objects = WorkspaceManager["MatterExportPart"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["export", "number"], name="matterexportpart_once"
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.export_id}"
