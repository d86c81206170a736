"""What offboarding did, and the calls to other servers that it leaves to be made."""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager


class Departure(models.TextChoices):
    """How a member leaves."""

    SUSPENDED = "suspended"
    REMOVED = "removed"


class OffboardingReport(models.Model):
    """One time that a member was taken out of everything, step by step.

    `generation` is the number that their membership rose to: offboarding the same
    membership again finds this row. `steps` holds name, count and duration of each
    step. Data: ids and counts; `requested_by` is a public id.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    membership = models.ForeignKey("workspaces.Membership", on_delete=models.PROTECT)
    generation = models.PositiveIntegerField()
    departure = models.CharField(max_length=20, choices=Departure)
    steps = models.JSONField()
    duration_us = models.PositiveBigIntegerField()
    requested_by = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    objects = WorkspaceManager["OffboardingReport"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(departure__in=Departure.values),
                name="offboarding_departure_known",
            ),
            models.UniqueConstraint(
                fields=["workspace", "membership", "generation"],
                name="offboarding_once",
            ),
            # Target of composite keys: a row cannot point into another workspace.
            models.UniqueConstraint(
                fields=["workspace", "id"], name="offboarding_in_workspace"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class DepartureCall(models.Model):
    """One call to another server that a departure needs, until it is made or given up.

    A worker holds it by `leased_until` (database time) and by `fence`, a number that
    rises with each claim. Data: `arguments` holds ids only.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    report = models.ForeignKey(OffboardingReport, on_delete=models.PROTECT)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["DepartureCall"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(made_at__isnull=True)
                | models.Q(given_up_at__isnull=True),
                name="departure_call_made_or_given_up",
            ),
            models.CheckConstraint(
                condition=models.Q(made_at__isnull=True, given_up_at__isnull=True)
                | models.Q(leased_until__isnull=True),
                name="departure_call_leased_while_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="departure_call_due",
                condition=models.Q(made_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(fields=["workspace", "report"], name="departure_call_report"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
