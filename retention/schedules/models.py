"""Schedules of sweeps: a row where a workspace has its own."""

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager
from retention.schedules.rules import Cadence, Pace


class SweepSchedule(models.Model):
    """When sweeps of one workspace begin and how fast they go; no row: the standard.

    Times of day are of `zone`, an IANA name. `daily_at` goes with the daily cadence;
    between `window_begins` and `window_ends` sweeps go at full pace, at `busy_pace`
    otherwise. Data: business data; `set_by` is a public id.
    """

    workspace = models.OneToOneField("workspaces.Workspace", on_delete=models.PROTECT)
    cadence = models.CharField(
        max_length=10, choices=[(c.value, c.value) for c in Cadence]
    )
    daily_at = models.TimeField(null=True)
    window_begins = models.TimeField(null=True)
    window_ends = models.TimeField(null=True)
    busy_pace = models.CharField(
        max_length=10, choices=[(p.value, p.value) for p in Pace]
    )
    zone = models.CharField(max_length=64)
    set_by = models.CharField(max_length=64)
    set_at = models.DateTimeField()

    objects = WorkspaceManager["SweepSchedule"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cadence="daily", daily_at__isnull=False)
                | Q(cadence="hourly", daily_at__isnull=True),
                name="sweepschedule_daily_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(window_begins__isnull=True, window_ends__isnull=True)
                | Q(window_begins__isnull=False, window_ends__isnull=False),
                name="sweepschedule_window_has_both_ends",
            ),
            models.CheckConstraint(
                condition=Q(busy_pace__in=["paced", "stopped"]),
                name="sweepschedule_pace_known",
            ),
            models.CheckConstraint(
                condition=~Q(zone=""), name="sweepschedule_has_a_zone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cadence} sweeps of {self.workspace_id}"
