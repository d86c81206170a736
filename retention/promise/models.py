"""How each workspace stood to its promise when the watch last looked."""

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager
from retention.promise.rules import Stage


class PromiseStanding(models.Model):
    """One workspace's standing; pages look afresh, alarms and metrics read this.

    `stage_since` is when the stage was entered, so that each is mailed once;
    `reported_on` the last day whose overdue items are in the log. Data: operational.
    """

    workspace_id = models.BigIntegerField(unique=True)
    measured_at = models.DateTimeField()
    waiting_n = models.PositiveBigIntegerField()
    overdue_n = models.PositiveBigIntegerField()
    oldest_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=10, choices=[(s, s) for s in Stage])
    stage_since = models.DateTimeField()
    reported_on = models.DateField(null=True)

    objects = WorkspaceManager["PromiseStanding"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=[str(stage) for stage in Stage]),
                name="promisestanding_stage_known",
            ),
            models.CheckConstraint(
                condition=Q(overdue_n__lte=models.F("waiting_n")),
                name="promisestanding_overdue_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} in {self.workspace_id}"
