"""Drafts of retention policies, and what people did with each."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager
from retention.policies.models import (
    BOUNDS_OF_THE_WORKSPACE,
    CONVERSATIONS,
    SCOPE_NAMED,
    Clock,
    Scope,
    scope_of,
)
from retention.policies.rules import (
    LONGEST_DAYS,
    LONGEST_UNDO_DAYS,
    SHORTEST_DAYS,
    Bounds,
)


class DraftState(models.TextChoices):
    """Where a draft stands."""

    DRAFT = "draft"
    AWAITING = "awaiting"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    CANCELLED = "cancelled"


UNDER_WAY = (DraftState.AWAITING, DraftState.SCHEDULED)


class PolicyDraft(models.Model):
    """Values of a policy that somebody proposes; in force they are a Policy version.

    With `is_bounds` it proposes a floor and a ceiling for the workspace instead, and
    becomes a version of PolicyBounds; `undo_days` is the shortest undo window inside.
    `base_version` is the newest version that it was compared with (0: none). `preview`
    holds the numbers that were shown for exactly these values at `previewed_at`. What
    an approval is bound to is a digest over every column but those that tell where the
    draft stands. Data: `reason` is business data, no content; `author` and `edited_by`
    are random ids; the rest is counts and metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite key (workspace, membership) -> membership (workspace, id), in SQL.
    scope_kind = models.CharField(max_length=20, default="workspace")
    membership_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    content_kind = models.CharField(max_length=40, default=CONVERSATIONS)
    days = models.PositiveIntegerField(null=True)
    undo_days = models.PositiveSmallIntegerField()
    is_withdrawal = models.BooleanField(default=False)
    is_bounds = models.BooleanField(default=False)
    floor_days = models.PositiveIntegerField(null=True)
    ceiling_days = models.PositiveIntegerField(null=True)
    clock = models.CharField(max_length=20, choices=Clock, default=Clock.LAST_ACTIVITY)
    reason = models.TextField(default="")
    base_version = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    author = models.CharField(max_length=64)
    edited_by = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    edited_at = models.DateTimeField()
    preview = models.JSONField()
    previewed_at = models.DateTimeField()
    state = models.CharField(
        max_length=20, choices=DraftState, default=DraftState.DRAFT
    )
    due_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["PolicyDraft"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="policydraft_in_workspace"
            ),
            models.CheckConstraint(
                condition=Q(state__in=DraftState.values), name="policydraft_state_known"
            ),
            models.CheckConstraint(
                condition=SCOPE_NAMED,
                name="policydraft_scope_named",
            ),
            models.CheckConstraint(
                condition=BOUNDS_OF_THE_WORKSPACE,
                name="policydraft_bounds_of_the_workspace",
            ),
            models.CheckConstraint(
                condition=Q(days__isnull=True)
                | Q(days__gte=SHORTEST_DAYS, days__lte=LONGEST_DAYS),
                name="policydraft_days_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(undo_days__lte=LONGEST_UNDO_DAYS),
                name="policydraft_undo_ends_inside_thirty_days",
            ),
            models.CheckConstraint(
                condition=Q(clock__in=Clock.values), name="policydraft_clock_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["scheduled", "in_force"], due_at__isnull=False)
                | ~Q(state__in=["scheduled", "in_force"]) & Q(due_at__isnull=True),
                name="policydraft_due_while_scheduled",
            ),
            models.CheckConstraint(
                condition=Q(state="in_force", version__isnull=False)
                | ~Q(state="in_force") & Q(version__isnull=True),
                name="policydraft_in_force_as_a_version",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["in_force", "cancelled"], ended_at__isnull=False)
                | ~Q(state__in=["in_force", "cancelled"]) & Q(ended_at__isnull=True),
                name="policydraft_ended_with_its_state",
            ),
            models.UniqueConstraint(
                fields=[
                    *("workspace", "scope_kind", "membership_id", "group_id"),
                    *("project_id", "content_kind", "is_bounds"),
                ],
                condition=Q(state__in=["awaiting", "scheduled"]),
                nulls_distinct=False,
                name="policydraft_one_under_way",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="policydraft_due",
                condition=Q(state="scheduled"),
            ),
            models.Index(
                fields=["workspace", "drafted_at", "id"], name="policydraft_by_time"
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.public_id} of {self.workspace_id}"

    @property
    def scope(self) -> Scope:
        """Whose content it proposes to govern."""
        return scope_of(self)

    @property
    def bounds(self) -> Bounds | None:
        """The floor and ceiling that it proposes, if it proposes these."""
        if not self.is_bounds:
            return None
        return Bounds(floor_days=self.floor_days, ceiling_days=self.ceiling_days)


class StepKind(models.TextChoices):
    """What somebody, or Custos, did with a draft."""

    DRAFTED = "drafted"
    CHANGED = "changed"
    SENT = "sent"
    APPROVED = "approved"
    DECLINED = "declined"
    SCHEDULED = "scheduled"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    IN_FORCE = "in_force"


class DraftStep(models.Model):
    """One step in the life of a draft; written once.

    `digest` is that of the draft at this step: an approval counts while the draft
    still has it. `asked` are those who could approve when the draft was sent; null
    for other steps, and for drafts that were sent before that was kept. Data: `reason`
    is business data, no content; `by` is a random id or the name of a part of Custos,
    `asked` are random ids.
    """

    workspace_id = models.BigIntegerField()
    # Composite key (workspace, draft) -> draft (workspace, id), in SQL.
    draft = models.ForeignKey(
        PolicyDraft,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="steps",
    )
    kind = models.CharField(max_length=20, choices=StepKind)
    revision = models.PositiveIntegerField()
    digest = models.BinaryField()
    by = models.CharField(max_length=64)
    reason = models.TextField(default="")
    asked = ArrayField(models.CharField(max_length=64), null=True)
    at = models.DateTimeField()

    objects = WorkspaceManager["DraftStep"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StepKind.values), name="draftstep_kind_known"
            ),
            models.UniqueConstraint(
                fields=["draft", "by", "digest"],
                condition=Q(kind="approved"),
                name="draftstep_approved_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="sent") | Q(asked__isnull=True),
                name="draftstep_asked_when_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.draft_id}"
