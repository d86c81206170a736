"""Sweeps that were stopped before their first batch, and who let them go on."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kit.scoping import WorkspaceManager
from retention.sweeps.breaker.rules import Cause


class SweepStop(models.Model):
    """One sweep that would have taken far more than usual, with its numbers.

    `announced_n` is what somebody was shown before, `usual_n` the average of the last
    sweeps (null: too few). A stop is over when a person confirmed its numbers, when a
    later sweep passes, or when a later one is stopped in its place. `told_at` is when
    the owners' mail was written. `by_groups_n` is due only because somebody came into
    a group or left one. Where it `needs_second`, two people let it go on: `agreed_by`
    said so first, and `asked` are those who could be the second then. Data: counts,
    times and random ids.
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
    by_groups_n = models.PositiveBigIntegerField(default=0)
    needs_second = models.BooleanField(default=False)
    agreed_by = models.CharField(max_length=64, default="")
    agreed_at = models.DateTimeField(null=True)
    asked = ArrayField(models.CharField(max_length=64), default=list)
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
            models.CheckConstraint(
                condition=Q(agreed_by="", agreed_at__isnull=True)
                | ~Q(agreed_by="") & Q(agreed_at__isnull=False, needs_second=True),
                name="sweepstop_agreed_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by="") | ~Q(confirmed_by=F("agreed_by")),
                name="sweepstop_two_people",
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
