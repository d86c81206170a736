"""Legal holds, and the one table from which everything they cover is decided."""

import uuid

from django.db import models
from django.db.models import F, Q

from kit.scoping import WorkspaceManager


class ScopeKind(models.TextChoices):
    """What one row of a hold covers."""

    MEMBER = "member"
    CONVERSATION = "conversation"


class Hold(models.Model):
    """One legal hold of one matter.

    Data: `matter` is governance text that may name people, sealed with the
    organization's key; `placed_by` and `released_by` are random ids or names of
    system parts; the rest is metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    matter = models.BinaryField()
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=64)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=64, null=True)

    objects = WorkspaceManager["Hold"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="hold_in_workspace"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False, released_by__isnull=False),
                name="hold_released_who_and_when",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "placed_at", "id"], name="hold_by_time")
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class HoldScope(models.Model):
    """One member or one conversation that a hold covers.

    A released scope goes on protecting until `release_grace_until`. There is no
    foreign key to conversations: the scope must survive what it names, and must not
    stand in the way of a purge after release. Data: metadata.
    """

    workspace_id = models.BigIntegerField()
    # Composite key (workspace, hold) -> hold (workspace, id), in SQL.
    hold = models.ForeignKey(
        Hold,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="scopes",
    )
    kind = models.CharField(max_length=20, choices=ScopeKind)
    membership_id = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    release_grace_until = models.DateTimeField(null=True)

    objects = WorkspaceManager["HoldScope"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind=ScopeKind.MEMBER,
                    membership_id__isnull=False,
                    conversation_id__isnull=True,
                )
                | Q(
                    kind=ScopeKind.CONVERSATION,
                    membership_id__isnull=True,
                    conversation_id__isnull=False,
                ),
                name="holdscope_names_what_it_covers",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, release_grace_until__isnull=True)
                | Q(released_at__isnull=False)
                & (
                    Q(release_grace_until__isnull=True)
                    | Q(release_grace_until__gte=F("released_at"))
                ),
                name="holdscope_grace_follows_release",
            ),
            models.UniqueConstraint(
                fields=["hold", "membership_id"],
                condition=Q(membership_id__isnull=False),
                name="holdscope_member_once",
            ),
            models.UniqueConstraint(
                fields=["hold", "conversation_id"],
                condition=Q(conversation_id__isnull=False),
                name="holdscope_conversation_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "membership_id"], name="holdscope_member"
            ),
            models.Index(
                fields=["workspace_id", "conversation_id"],
                name="holdscope_conversation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.membership_id or self.conversation_id}"
