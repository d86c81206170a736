"""Work that takes longer than a second, as a row that a person can watch."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager


class JobState(models.TextChoices):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """One piece of work that a person asked for.

    A worker holds it by `leased_until` (database time) and by `fence`, a number that
    rises with each claim: a worker that lost its lease can no longer write. Data:
    `title` and `message` are shown to those who may see jobs and hold no content;
    `arguments` holds ids and sealed lists; `requested_by` is a public id; the result is
    a sealed blob. Arguments and result go some days after the end (`rules`).
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, null=True
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=JobState, default=JobState.QUEUED)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True, default="")
    result_blob_id = models.UUIDField(null=True, unique=True)
    result_name = models.CharField(max_length=200, blank=True, default="")
    requested_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)

    objects = OrganizationManager["Job"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=JobState.values), name="job_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=OPEN_STATES, ended_at__isnull=True)
                | models.Q(
                    state__in=["done", "failed", "canceled"], ended_at__isnull=False
                ),
                name="job_ended_with_its_state",
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", leased_until__isnull=False)
                | (~models.Q(state="running") & models.Q(leased_until__isnull=True)),
                name="job_leased_while_running",
            ),
            models.CheckConstraint(
                condition=models.Q(total__isnull=True)
                | models.Q(done__lte=models.F("total")),
                name="job_done_within_total",
            ),
            models.CheckConstraint(
                condition=models.Q(result_blob_id__isnull=True)
                | models.Q(state="done"),
                name="job_result_when_done",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "created_at", "id"], name="job_newest"
            ),
            models.Index(
                fields=["id"],
                name="job_open",
                condition=models.Q(state__in=OPEN_STATES),
            ),
            models.Index(
                fields=["ended_at", "id"],
                name="job_leavings",
                condition=models.Q(ended_at__isnull=False)
                & (models.Q(result_blob_id__isnull=False) | ~models.Q(arguments={})),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
