"""Destinations of the log with how far each is, and how far it was each hour."""

import uuid

from django.db import models
from django.db.models import Q

from audit.streams.kinds import Format, Kind
from kit.scoping import OrganizationManager


class State(models.TextChoices):
    """Whether a stream is meant to flow."""

    PAUSED = "paused"
    RUNNING = "running"


class AuditStream(models.Model):
    """One destination; the cursor is the last entry that it confirmed.

    What is sent is decided from the cursor alone: a destination that is down costs a
    row, however long. `cursor_index` -1 is the place before the first entry.

    Data: `name`, `host` and `query` are business data, `sealed` the settings with their
    secrets; the errors are sentences of ours that name the host.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    workspace = models.UUIDField(null=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    format = models.CharField(max_length=20)
    query = models.TextField(default="")
    host = models.CharField(max_length=255)
    sealed = models.BinaryField()
    state = models.CharField(max_length=10, choices=State, default=State.PAUSED)
    created_at = models.DateTimeField()
    cursor_epoch = models.IntegerField()
    cursor_index = models.BigIntegerField()
    sent = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    started_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)
    gap_acknowledged_at = models.DateTimeField(null=True)
    test_asked_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    test_error = models.TextField(default="")
    leased_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0)

    objects = OrganizationManager["AuditStream"]()

    class Meta:
        db_table = "audit_stream"
        indexes = [models.Index(fields=["due_at"], name="audit_stream_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "id"], name="audit_stream_in_organization"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in Kind]),
                name="audit_stream_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(format__in=[one.value for one in Format]),
                name="audit_stream_format_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="audit_stream_state_known"
            ),
            models.CheckConstraint(
                condition=Q(cursor_epoch__gte=0, cursor_index__gte=-1, sent__gte=0),
                name="audit_stream_cursor_is_a_place",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True, last_error="")
                | (Q(failures__gt=0, failing_since__isnull=False) & ~Q(last_error="")),
                name="audit_stream_failure_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.RUNNING) | Q(started_at__isnull=False),
                name="audit_stream_runs_since",
            ),
            models.CheckConstraint(
                condition=Q(alarmed_at__isnull=True) | Q(state=State.RUNNING),
                name="audit_stream_alarms_while_it_runs",
            ),
        ]

    @property
    def cursor(self) -> tuple[int, int]:
        """(epoch, index) of the last entry that the receiver confirmed."""
        return self.cursor_epoch, self.cursor_index

    def __str__(self) -> str:
        return f"stream {self.public_id} to {self.host}"


class AuditStreamSample(models.Model):
    """What one stream sent in one hour, and how far it was behind at its worst.

    Data: counts only.
    """

    pk = models.CompositePrimaryKey("organization_id", "stream_id", "hour")
    organization_id = models.BigIntegerField()
    stream_id = models.BigIntegerField()
    hour = models.DateTimeField()
    sent = models.BigIntegerField(default=0)
    behind = models.BigIntegerField(default=0)

    objects = OrganizationManager["AuditStreamSample"]()

    class Meta:
        db_table = "audit_stream_sample"
        constraints = [
            models.CheckConstraint(
                condition=Q(sent__gte=0, behind__gte=0),
                name="audit_stream_sample_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"hour {self.hour} of stream {self.stream_id}"
