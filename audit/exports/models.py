"""One export: what was asked for, how far it is, and where its sealed file lies."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from kit.scoping import OrganizationManager


class Form(models.TextChoices):
    """What the file is."""

    CSV = "csv", _("CSV, for spreadsheets")
    JSONL = "jsonl", _("JSON Lines")
    OCSF = "ocsf", _("OCSF 1.8.0, as JSON Lines")
    EVIDENCE = "evidence", _("Evidence (ZIP) that anyone can verify")


class State(models.TextChoices):
    """How far an export is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


OPEN = (State.QUEUED, State.RUNNING)


class AuditExport(models.Model):
    """One export of a log, or of one workspace's entries in it.

    A worker holds it by `leased_until` (database time) and by `fence`, which rises with
    each claim. Data: `requested_by` is a public id (personal); `query` holds no names;
    the file is a sealed blob until it expires.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    workspace = models.UUIDField(null=True)
    form = models.CharField(max_length=10, choices=Form)
    query = models.TextField(default="")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    requested_by = models.TextField()
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0)
    total = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    byte_count = models.BigIntegerField(default=0)
    blob_id = models.UUIDField(null=True, unique=True)

    objects = OrganizationManager["AuditExport"]()

    class Meta:
        db_table = "audit_export"
        indexes = [
            models.Index(
                fields=["organization_id", "-requested_at", "-id"],
                name="audit_export_newest",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=State.values),
                name="audit_export_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(form__in=Form.values),
                name="audit_export_form_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.RUNNING, leased_until__isnull=False)
                | (
                    ~models.Q(state=State.RUNNING) & models.Q(leased_until__isnull=True)
                ),
                name="audit_export_leased_while_running",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=OPEN, ended_at__isnull=True)
                | (~models.Q(state__in=OPEN) & models.Q(ended_at__isnull=False)),
                name="audit_export_ended_with_its_state",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state=State.DONE, blob_id__isnull=False, expires_at__isnull=False
                )
                | (~models.Q(state=State.DONE) & models.Q(blob_id__isnull=True)),
                name="audit_export_file_while_done",
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.public_id} {self.state}"
