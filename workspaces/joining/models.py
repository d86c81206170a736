"""Requests to join a workspace, by people whom the organization knows already."""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager


class JoinState(models.TextChoices):
    """Where a request stands; the last two are final."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


_DECIDED = [JoinState.APPROVED, JoinState.REFUSED]


class JoinRequest(models.Model):
    """One person who asked to join one workspace, and the answer.

    Data: `email` and `name` are personal data, as they were when the person asked;
    `reason` is what they were told, business data.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    user = models.ForeignKey("workspaces.User", on_delete=models.PROTECT)
    email = models.CharField(max_length=254, db_collation="C")
    name = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(
        max_length=10, choices=JoinState, default=JoinState.PENDING
    )
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")

    objects = WorkspaceManager["JoinRequest"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "user"],
                condition=models.Q(state=JoinState.PENDING),
                name="join_request_pending_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=JoinState.values),
                name="join_request_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state=JoinState.PENDING, decided_at__isnull=True, decided_by=""
                )
                | (
                    models.Q(state__in=_DECIDED, decided_at__isnull=False)
                    & ~models.Q(decided_by="")
                ),
                name="join_request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=JoinState.REFUSED, reason=""),
                name="join_request_refused_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "state", "created_at", "id"],
                name="join_request_newest",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
