"""Stored conversations: trees of sealed messages, their files, and their imports.

Nothing here is ever deleted by the app role; `retention` is the only door. Rows of
a conversation go with it by cascades that live in the database (see migrations).
"""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager
from workspaces.tenancy.plans import Plan


class ImportState(models.TextChoices):
    """Where an import stands; only a completed one is visible."""

    STAGING = "staging"
    COMPLETED = "completed"
    FAILED = "failed"


class Import(models.Model):
    """One run that brings conversations from files into a workspace.

    `heartbeat_at` moves while it runs; a staging import whose heartbeat stopped is
    abandoned, and what it staged is purged like everything else. Data: counts only;
    file names are content and are not kept.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    source = models.CharField(max_length=20)
    state = models.CharField(
        max_length=20, choices=ImportState, default=ImportState.STAGING
    )
    conversations = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["Import"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ImportState.values),
                name="import_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state="staging", ended_at__isnull=True)
                | (~models.Q(state="staging") & models.Q(ended_at__isnull=False)),
                name="import_ended_with_its_state",
            ),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(state="staging"),
                name="import_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Conversation(models.Model):
    """One conversation of one member, with a data key of its own.

    `last_activity_at` is the retention clock. `deleted_at` is set by an explicit
    delete only; expiry is derived from the policy and stored nowhere. Rows with
    `staged_by` belong to an unfinished import and are invisible. Counters are kept
    by the writers so that a purge and a preview need not read messages.
    Data: `title` and `raw` are sealed content; ids are random or come from the
    source system; the rest is metadata. `project` is the folder its owner put it in.
    """

    # No index of their own: those below begin with the same columns, and a plan made
    # before the first statistics prefers the narrow one (see content.storage).
    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite key (workspace, owner) -> membership (workspace, id), in SQL.
    owner = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
    )
    source = models.CharField(max_length=20)
    external_id = models.CharField(max_length=200, db_collation="C")
    plan_written = models.CharField(
        max_length=20, choices=[(p.value, p.value) for p in Plan]
    )
    is_temporary = models.BooleanField(default=False)
    key_id = models.UUIDField(unique=True)
    key_made_at = models.DateTimeField()
    title = models.BinaryField()
    raw = models.BinaryField()
    message_count = models.PositiveIntegerField()
    file_count = models.PositiveIntegerField()
    byte_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    stored_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=20, null=True)
    staged_by = models.ForeignKey(
        Import,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
    )

    # Composite key (workspace, project), in SQL: set null when the project is purged.
    project = models.ForeignKey(
        "workspaces.Project",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
    )

    objects = WorkspaceManager["Conversation"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source", "external_id"],
                name="conversation_external_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "id"], name="conversation_in_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | models.Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="conversation_deleted_who_and_when",
            ),
            models.CheckConstraint(
                condition=models.Q(plan_written__in=[p.value for p in Plan]),
                name="conversation_plan_known",
            ),
            models.CheckConstraint(
                condition=models.Q(last_activity_at__gte=models.F("created_at")),
                name="conversation_activity_after_creation",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "last_activity_at", "id"],
                name="conversation_clock",
            ),
            models.Index(
                fields=["workspace", "owner", "last_activity_at", "id"],
                name="conversation_of_owner",
            ),
            models.Index(
                fields=["workspace", "deleted_at", "id"],
                name="conversation_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
            models.Index(
                fields=["workspace", "created_at"],
                name="conversation_temporary",
                condition=models.Q(is_temporary=True),
            ),
            models.Index(
                fields=["workspace", "project"],
                name="conversation_of_project",
                condition=models.Q(project__isnull=False),
            ),
            models.Index(
                fields=["staged_by"],
                name="conversation_staged",
                condition=models.Q(staged_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Provenance(models.TextChoices):
    """How a message or file came in; a connector's name follows after a colon."""

    CHAT = "chat"
    UPLOAD = "upload"
    CONNECTOR = "connector"


class Message(models.Model):
    """One node of a conversation's tree, off-path branches and hidden ones included.

    `position` is the node's place in the stored order, `parent_position` its
    parent's; a node without a message (a root) has `has_message` false. `sealed`
    holds the whole node as the source had it, unknown keys included.
    Data: `sealed` is content; role, times and places are metadata.
    """

    workspace_id = models.BigIntegerField()
    # Composite cascading key (workspace, conversation), in SQL.
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="messages",
    )
    position = models.PositiveIntegerField()
    parent_position = models.PositiveIntegerField(null=True)
    has_message = models.BooleanField()
    is_on_path = models.BooleanField()
    is_hidden = models.BooleanField()
    role = models.CharField(max_length=20)
    provenance = models.CharField(max_length=80, default=Provenance.CHAT)
    created_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()

    objects = WorkspaceManager["Message"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "position"], name="message_position_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.position}"


class File(models.Model):
    """One file that a conversation refers to; its bytes may be missing.

    Data: `sealed` (name, source id, type as the source had them) is content;
    `blob_id` names sealed bytes in the blob store.
    """

    workspace_id = models.BigIntegerField()
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="files",
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    provenance = models.CharField(max_length=80, default=Provenance.UPLOAD)
    byte_count = models.BigIntegerField()
    blob_id = models.UUIDField(null=True, unique=True)
    sealed = models.BinaryField()

    objects = WorkspaceManager["File"]()

    def __str__(self) -> str:
        return str(self.public_id)
