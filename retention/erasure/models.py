"""Requests to erase all that a member has stored, worked on by themselves."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager


class ErasureState(models.TextChoices):
    """Where a request stands; the last two are final.

    Held: everything that no hold covers is gone, the rest waits for the release.
    """

    HIDING = "hiding"
    PURGING = "purging"
    HELD = "held"
    DONE = "done"
    WITHDRAWN = "withdrawn"


OPEN_STATES = (ErasureState.HIDING, ErasureState.PURGING, ErasureState.HELD)


class Erasure(models.Model):
    """One request to erase what a member stored until `requested_at`.

    With `from_log` the person is erased from the audit log as well, once nothing is
    stored any more. Without a reason the member asked themselves. `due_at` is when
    the work goes on.
    Data: `reason` is business data, sealed with the organization's key; `requested_by`
    is a random id; the rest is metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite key (workspace, membership) -> membership (workspace, id), in SQL.
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    reason = models.BinaryField(null=True)
    state = models.CharField(max_length=20, choices=ErasureState)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=64)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    from_log = models.BooleanField(default=False)

    objects = WorkspaceManager["Erasure"]()

    class Meta:
        constraints = [
            # Target of composite keys: a count cannot belong to another workspace.
            models.UniqueConstraint(
                fields=["workspace", "id"], name="erasure_in_workspace"
            ),
            models.UniqueConstraint(
                fields=["workspace", "membership"],
                condition=Q(ended_at__isnull=True),
                name="erasure_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, ended_at__isnull=True)
                | Q(
                    state__in=[ErasureState.DONE, ErasureState.WITHDRAWN],
                    ended_at__isnull=False,
                ),
                name="erasure_ended_with_its_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "requested_at", "id"], name="erasure_by_time"
            ),
            models.Index(
                fields=["due_at"],
                name="erasure_due",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ErasureCount(models.Model):
    """What became of one kind: hidden so far, and at the last look stored and held.

    Data: metadata.
    """

    workspace_id = models.BigIntegerField()
    # Composite key (workspace, erasure) -> erasure (workspace, id), in SQL.
    erasure = models.ForeignKey(
        Erasure,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="counts",
    )
    kind = models.CharField(max_length=40)
    hidden_n = models.PositiveBigIntegerField(default=0)
    stored_n = models.PositiveBigIntegerField(default=0)
    held_n = models.PositiveBigIntegerField(default=0)

    objects = WorkspaceManager["ErasureCount"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["erasure", "kind"], name="erasurecount_kind_once"
            ),
            models.CheckConstraint(
                condition=Q(held_n__lte=models.F("stored_n")),
                name="erasurecount_holds_what_is_stored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.erasure_id}"
