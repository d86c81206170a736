"""Retention policies: versions that are added and never changed."""

import uuid

from django.db import models
from django.db.models import F, Q

from kit.scoping import WorkspaceManager
from retention.policies.rules import LONGEST_DAYS, LONGEST_UNDO_DAYS, SHORTEST_DAYS


class ScopeKind(models.TextChoices):
    """Whose conversations a policy governs."""

    WORKSPACE = "workspace"
    MEMBER = "member"


class Clock(models.TextChoices):
    """Which time of a conversation its age counts from."""

    LAST_ACTIVITY = "last_activity"
    CREATION = "creation"


class Policy(models.Model):
    """One version of the policy of one scope; what is due is derived from these.

    `days` null means keep. A version that another one followed before it took force
    never takes force. Data: `set_by` is a random id; the rest is metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    scope_kind = models.CharField(max_length=20, choices=ScopeKind)
    # Composite key (workspace, membership) -> membership (workspace, id), in SQL.
    membership_id = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField()
    days = models.PositiveIntegerField(null=True)
    undo_days = models.PositiveSmallIntegerField()
    clock = models.CharField(max_length=20, choices=Clock, default=Clock.LAST_ACTIVITY)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)
    in_force_at = models.DateTimeField()
    is_override = models.BooleanField(default=False)

    objects = WorkspaceManager["Policy"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope_kind="workspace", membership_id__isnull=True)
                | Q(scope_kind="member", membership_id__isnull=False),
                name="policy_scope_named",
            ),
            models.UniqueConstraint(
                fields=["workspace", "version"],
                condition=Q(membership_id__isnull=True),
                name="policy_workspace_version_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "membership_id", "version"],
                condition=Q(membership_id__isnull=False),
                name="policy_member_version_once",
            ),
            models.CheckConstraint(
                condition=Q(days__isnull=True)
                | Q(days__gte=SHORTEST_DAYS, days__lte=LONGEST_DAYS),
                name="policy_days_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(undo_days__lte=LONGEST_UNDO_DAYS),
                name="policy_undo_ends_inside_thirty_days",
            ),
            models.CheckConstraint(
                condition=Q(in_force_at__gte=F("set_at")),
                name="policy_in_force_after_set",
            ),
            models.CheckConstraint(
                condition=Q(clock__in=["last_activity", "creation"]),
                name="policy_clock_known",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version} of {self.scope_kind} {self.workspace_id}"
