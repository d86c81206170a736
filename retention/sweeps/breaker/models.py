"""Sweeps that were stopped before their first batch, and who let them go on."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager
from retention.sweeps.breaker.rules import Cause


class SweepStop(models.Model):
    """One sweep that would have taken far more than usual, with its numbers.

    `announced_n` is what somebody was shown before, `usual_n` the average of the last
    sweeps (null: too few). A stop is over when a person confirmed its numbers, when a
    later sweep passes, or when a later one is stopped in its place. `told_at` is when
    the owners' mail was written. Data: counts, times and a random id.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite key (workspace, sweep) -> sweep (workspace, id), in SQL.
    sweep_id = models.BigIntegerField()
    cause = models.CharField(max_length=20)
    planned_n = models.PositiveBigIntegerField()
    announced_n = models.PositiveBigIntegerField()
    usual_n = models.PositiveBigIntegerField(null=True)
    stored_n = models.PositiveBigIntegerField()
    stopped_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=64, default="")

    objects = WorkspaceManager["SweepStop"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cause__in=[cause.value for cause in Cause]),
                name="sweepstop_cause_known",
            ),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=Q(ended_at__isnull=True),
                name="sweepstop_one_open",
            ),
            models.UniqueConstraint(fields=["sweep_id"], name="sweepstop_sweep_once"),
            models.CheckConstraint(
                condition=Q(confirmed_by="") | Q(ended_at__isnull=False),
                name="sweepstop_confirmed_is_over",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="sweepstop_untold",
                condition=Q(told_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"stop of sweep {self.sweep_id}"
