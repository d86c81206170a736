"""Closings of workspaces: what an owner asked for, and how far it has come."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager


class ClosingState(models.TextChoices):
    """Where a closing stands; the last two are final.

    Emptying: all is hidden, or about to be, and sweeps purge it. Destroying: nothing is
    stored any more, and the key of the workspace is doomed.
    """

    GRACE = "grace"
    EMPTYING = "emptying"
    DESTROYING = "destroying"
    CLOSED = "closed"
    UNDONE = "undone"


OPEN_STATES = (ClosingState.GRACE, ClosingState.EMPTYING, ClosingState.DESTROYING)


class Closing(models.Model):
    """One wish to close a workspace.

    `counted` is what was stored when it was asked for: by kind, number and bytes.
    `waits_for` is how many matters kept it from going on at the last look; `due_at` is
    the next one. The grace ends at `closes_at`, deleting began at `began_at`, nothing
    was stored any more at `emptied_at`.
    Data: `reason` is business data, sealed with the organization's key; `requested_by`
    is a random id; the rest is metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    reason = models.BinaryField()
    state = models.CharField(max_length=20, choices=ClosingState)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=64)
    closes_at = models.DateTimeField()
    due_at = models.DateTimeField()
    counted = models.JSONField(default=dict)
    waits_for = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["Closing"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"],
                condition=~Q(state="undone"),
                name="closing_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, ended_at__isnull=True)
                | Q(
                    state__in=[ClosingState.CLOSED, ClosingState.UNDONE],
                    ended_at__isnull=False,
                ),
                name="closing_ended_with_its_state",
            ),
            # Only the grace is undone; a key is doomed only where nothing is stored.
            models.CheckConstraint(
                condition=Q(
                    state__in=[ClosingState.GRACE, ClosingState.UNDONE],
                    began_at__isnull=True,
                    emptied_at__isnull=True,
                )
                | Q(
                    state=ClosingState.EMPTYING,
                    began_at__isnull=False,
                    emptied_at__isnull=True,
                )
                | Q(
                    state__in=[ClosingState.DESTROYING, ClosingState.CLOSED],
                    began_at__isnull=False,
                    emptied_at__isnull=False,
                ),
                name="closing_steps_in_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="closing_due",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
