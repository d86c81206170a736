"""Retention policies: versions that are added and never changed."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q

from kit.scoping import WorkspaceManager
from retention.eligibility.scopes import (
    CONVERSATIONS,
    TEMPORARY_CHATS,
    WORKSPACE,
    Scope,
    ScopeKind,
)
from retention.policies.rules import LONGEST_DAYS, LONGEST_UNDO_DAYS, SHORTEST_DAYS

__all__ = [
    "BOUNDS_OF_THE_WORKSPACE",
    "CONVERSATIONS",
    "SCOPE_NAMED",
    "TEMPORARY_CHATS",
    "WORKSPACE",
    "Clock",
    "Policy",
    "PolicyBounds",
    "Scope",
    "ScopeKind",
]

_COLUMNS = {
    ScopeKind.GROUP: "group_id",
    ScopeKind.MEMBER: "membership_id",
    ScopeKind.PROJECT: "project_id",
}


class Clock(models.TextChoices):
    """Which time of a conversation its age counts from."""

    LAST_ACTIVITY = "last_activity"
    CREATION = "creation"


def _names(kind: ScopeKind) -> Q:
    """A row of this kind names one thing of it, and nothing else."""
    named = {f"{c}__isnull": c != _COLUMNS.get(kind) for c in _COLUMNS.values()}
    return Q(scope_kind=kind.value, **named)


def _version_once(kind: ScopeKind) -> models.UniqueConstraint:
    column = _COLUMNS.get(kind)
    named = [column] if column else []
    return models.UniqueConstraint(
        fields=["workspace", *named, "content_kind", "version"],
        condition=Q(scope_kind=kind.value),
        name=f"policy_{kind.value}_version_once",
    )


SCOPE_NAMED = (
    _names(ScopeKind.WORKSPACE)
    | _names(ScopeKind.GROUP)
    | _names(ScopeKind.MEMBER)
    | _names(ScopeKind.PROJECT)
)


BOUNDS_OF_THE_WORKSPACE = Q(
    is_bounds=False, floor_days__isnull=True, ceiling_days__isnull=True
) | Q(
    is_bounds=True,
    scope_kind=ScopeKind.WORKSPACE.value,
    days__isnull=True,
    is_withdrawal=False,
)
"""Of a row that proposes a policy or the bounds: only bounds have floor and ceiling."""


class Policy(models.Model):
    """One version of the policy of one scope for one kind; what is due is derived.

    `days` null means keep; a withdrawal says that from then on the scope has no policy
    of its own, and the next wider one counts. A version that another one followed
    before it took force never takes force. `is_own` says that the member set it for
    themselves: it counts only on plans where members decide, and no other version
    does. Groups and projects are named without a foreign key, since versions outlive
    them; a trigger refuses one of another workspace. Data: `set_by` is a random id;
    the rest is metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    scope_kind = models.CharField(
        max_length=20, choices=[(kind.value, kind.value) for kind in ScopeKind]
    )
    # Composite key (workspace, membership) -> membership (workspace, id), in SQL.
    membership_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    content_kind = models.CharField(max_length=40, default=CONVERSATIONS)
    version = models.PositiveIntegerField()
    days = models.PositiveIntegerField(null=True)
    undo_days = models.PositiveSmallIntegerField()
    is_withdrawal = models.BooleanField(default=False)
    is_own = models.BooleanField(default=False)
    clock = models.CharField(max_length=20, choices=Clock, default=Clock.LAST_ACTIVITY)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)
    in_force_at = models.DateTimeField()
    is_override = models.BooleanField(default=False)

    objects = WorkspaceManager["Policy"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=SCOPE_NAMED,
                name="policy_scope_named",
            ),
            *(_version_once(kind) for kind in ScopeKind),
            models.CheckConstraint(
                condition=~Q(content_kind=""), name="policy_content_kind_named"
            ),
            models.CheckConstraint(
                condition=Q(is_withdrawal=False)
                | (Q(days__isnull=True) & ~Q(scope_kind=ScopeKind.WORKSPACE.value)),
                name="policy_withdrawal_leaves_it_to_a_wider_one",
            ),
            models.CheckConstraint(
                condition=Q(is_own=False) | Q(scope_kind=ScopeKind.MEMBER.value),
                name="policy_own_is_of_a_member",
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

    @property
    def scope(self) -> Scope:
        """Whose content this version governs."""
        return scope_of(self)


def scope_of(row: Any) -> Scope:
    """The scope that a row with the columns of `columns_of` names."""
    kind = ScopeKind(row.scope_kind)
    column = _COLUMNS.get(kind)
    return Scope(kind, getattr(row, column) if column else None)


def columns_of(scope: Scope) -> dict[str, str | int | None]:
    """The columns of a policy that name this scope, to store and to look up."""
    named = {c: scope.id if k is scope.kind else None for k, c in _COLUMNS.items()}
    return {"scope_kind": scope.kind.value, **named}


class PolicyBounds(models.Model):
    """One version of the floor and ceiling that a workspace sets for one kind.

    No policy in the workspace keeps shorter than `floor_days` or longer than
    `ceiling_days`; null bounds nothing. Data: `set_by` is a random id; the rest is
    metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    content_kind = models.CharField(max_length=40, default=CONVERSATIONS)
    version = models.PositiveIntegerField()
    floor_days = models.PositiveIntegerField(null=True)
    ceiling_days = models.PositiveIntegerField(null=True)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)
    in_force_at = models.DateTimeField()

    objects = WorkspaceManager["PolicyBounds"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "content_kind", "version"],
                name="policybounds_version_once",
            ),
            models.CheckConstraint(
                condition=~Q(content_kind=""), name="policybounds_content_kind_named"
            ),
            models.CheckConstraint(
                condition=(
                    Q(floor_days__isnull=True)
                    | Q(floor_days__gte=SHORTEST_DAYS, floor_days__lte=LONGEST_DAYS)
                )
                & (
                    Q(ceiling_days__isnull=True)
                    | Q(ceiling_days__gte=SHORTEST_DAYS, ceiling_days__lte=LONGEST_DAYS)
                ),
                name="policybounds_days_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(floor_days__isnull=True)
                | Q(ceiling_days__isnull=True)
                | Q(floor_days__lte=F("ceiling_days")),
                name="policybounds_floor_below_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(in_force_at__gte=F("set_at")),
                name="policybounds_in_force_after_set",
            ),
        ]

    def __str__(self) -> str:
        return f"bounds {self.version} of {self.content_kind} {self.workspace_id}"
