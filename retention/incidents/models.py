"""Incidents: where deleting does not go as it must."""

import uuid

from django.db import models
from django.db.models import F, Q

from kit.scoping import WorkspaceManager


class IncidentKind(models.TextChoices):
    """What went wrong."""

    NOTHING_PURGED = "nothing_purged"
    STUCK = "stuck"
    CANARY = "canary"
    RESIDUE = "residue"
    DRIFT = "drift"


class Incident(models.Model):
    """One thing that does not go as it must, from when it was seen until it is over.

    `subject` names what of its kind: a state of work, or the public id of a sweep;
    `found_n` says how many there are. Each `stage` is mailed to the owners once. Data:
    names of our own and random ids.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=20, choices=IncidentKind)
    subject = models.CharField(max_length=60)
    found_n = models.PositiveBigIntegerField()
    stage = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["Incident"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=IncidentKind.values), name="incident_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(stage__gte=1, stage__lte=3), name="incident_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(seen_at__gte=F("opened_at")),
                name="incident_seen_after_it_opened",
            ),
            models.UniqueConstraint(
                fields=["workspace", "kind", "subject"],
                condition=Q(resolved_at__isnull=True),
                name="incident_once_while_it_lasts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "opened_at", "id"], name="incident_by_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
