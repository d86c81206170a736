"""What the first sweep under a drafted policy will purge, kept item by item."""

import uuid

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager
from retention.policies.drafts.models import PolicyDraft
from retention.policies.models import (
    BOUNDS_OF_THE_WORKSPACE,
    SCOPE_NAMED,
    Scope,
    scope_of,
)


class PurgeList(models.Model):
    """One list, made when a draft is scheduled: what its preview counted, by id.

    It repeats the values that were listed, since a draft can be changed later.
    `requested_at` is when it was scheduled, `listed_at` when the list was written
    (large ones by a worker, soon after). `digest` is SHA-256 over the 16 bytes of each
    public id, in the list's order, what holds keep left out. `highest_id` was the
    newest item then. `settled_at` and `outcome` are the comparison with what its sweep
    did: numbers by cause. Data: counts, times, random and internal ids.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite key (workspace, draft) -> draft (workspace, id), in SQL.
    draft = models.ForeignKey(
        PolicyDraft,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="lists",
    )
    revision = models.PositiveIntegerField()
    scope_kind = models.CharField(max_length=20)
    membership_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    content_kind = models.CharField(max_length=40)
    days = models.PositiveIntegerField(null=True)
    undo_days = models.PositiveSmallIntegerField()
    is_withdrawal = models.BooleanField()
    is_bounds = models.BooleanField(default=False)
    floor_days = models.PositiveIntegerField(null=True)
    ceiling_days = models.PositiveIntegerField(null=True)
    version = models.PositiveIntegerField()
    in_force_at = models.DateTimeField()
    first_sweep_at = models.DateTimeField()
    requested_at = models.DateTimeField()
    expected_n = models.PositiveBigIntegerField()
    listed_at = models.DateTimeField(null=True)
    listed_n = models.PositiveBigIntegerField(null=True)
    held_n = models.PositiveBigIntegerField(null=True)
    highest_id = models.BigIntegerField(null=True)
    digest = models.BinaryField(null=True)
    settled_at = models.DateTimeField(null=True)
    outcome = models.JSONField(null=True)

    objects = WorkspaceManager["PurgeList"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="purgelist_in_workspace"
            ),
            models.CheckConstraint(condition=SCOPE_NAMED, name="purgelist_scope_named"),
            models.CheckConstraint(
                condition=BOUNDS_OF_THE_WORKSPACE,
                name="purgelist_bounds_of_the_workspace",
            ),
            models.CheckConstraint(
                condition=Q(
                    listed_at__isnull=True,
                    listed_n__isnull=True,
                    held_n__isnull=True,
                    highest_id__isnull=True,
                    digest__isnull=True,
                )
                | Q(
                    listed_at__isnull=False,
                    listed_n__isnull=False,
                    held_n__isnull=False,
                    highest_id__isnull=False,
                    digest__isnull=False,
                ),
                name="purgelist_listed_as_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome__isnull=True)
                | Q(
                    settled_at__isnull=False,
                    outcome__isnull=False,
                    listed_at__isnull=False,
                ),
                name="purgelist_settled_with_an_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "draft", "id"], name="purgelist_of_draft"
            ),
            models.Index(
                fields=["first_sweep_at"],
                name="purgelist_unsettled",
                condition=Q(settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"list {self.public_id} of {self.workspace_id}"

    @property
    def scope(self) -> Scope:
        """Whose content the listed policy governs."""
        return scope_of(self)


class PurgeListItem(models.Model):
    """One item of a list, with what decided about it then; written once.

    `object_id` is its row's id, which a purge does not leave behind. `clock` is the
    time its age counted from; `is_held` says that a hold kept it. Data: random and
    internal ids, times.
    """

    pk = models.CompositePrimaryKey("purge_list_id", "object_id")
    workspace_id = models.BigIntegerField()
    # Composite key (workspace, list) -> list (workspace, id), in SQL, cascading.
    purge_list_id = models.BigIntegerField()
    object_id = models.BigIntegerField()
    public_id = models.UUIDField()
    clock = models.DateTimeField()
    owner_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    is_temporary = models.BooleanField()
    was_deleted = models.BooleanField()
    is_held = models.BooleanField()

    objects = WorkspaceManager["PurgeListItem"]()

    def __str__(self) -> str:
        return f"{self.object_id} of {self.purge_list_id}"
