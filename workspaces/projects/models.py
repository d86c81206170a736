"""Projects with their files and shares, and memories: what members write besides chat.

Each project, file and memory is stored content with a data key of its own. Nothing
here is deleted by the app role; `retention` is the only door.
"""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager
from workspaces.tenancy.plans import Plan

_PLANS = [(plan.value, plan.value) for plan in Plan]


def _deleted_who_and_when(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(deleted_at__isnull=True, deleted_by__isnull=True)
        | models.Q(deleted_at__isnull=False, deleted_by__isnull=False),
        name=name,
    )


def _plan_known(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(plan_written__in=[plan.value for plan in Plan]), name=name
    )


class Project(models.Model):
    """One member's folder of conversations and files.

    Its conversations stay their members' own, whoever else sees the project; they hang
    on it by a nullable column and outlive it. Data: `name` and `instructions` are
    sealed content; the rest is metadata.
    """

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
    plan_written = models.CharField(max_length=20, choices=_PLANS)
    key_id = models.UUIDField(unique=True)
    key_made_at = models.DateTimeField()
    name = models.BinaryField()
    instructions = models.BinaryField()
    byte_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=20, null=True)

    objects = WorkspaceManager["Project"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="project_in_workspace"
            ),
            _deleted_who_and_when("project_deleted_who_and_when"),
            _plan_known("project_plan_known"),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "owner", "changed_at", "id"],
                name="project_of_owner",
            ),
            models.Index(
                fields=["workspace", "deleted_at", "id"],
                name="project_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ProjectFile(models.Model):
    """One file in a project, owned by whoever put it there.

    A hold on that member keeps the file and the project that it hangs on. Data:
    `sealed` (its name and type) is content; `blob_id` names sealed bytes in the blob
    store; the rest is metadata.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite cascading key (workspace, project), in SQL.
    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="files",
    )
    # Composite key (workspace, owner) -> membership (workspace, id), in SQL.
    owner = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
    )
    plan_written = models.CharField(max_length=20, choices=_PLANS)
    key_id = models.UUIDField(unique=True)
    key_made_at = models.DateTimeField()
    sealed = models.BinaryField()
    blob_id = models.UUIDField(unique=True)
    size = models.PositiveBigIntegerField()
    byte_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=20, null=True)

    objects = WorkspaceManager["ProjectFile"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="projectfile_in_workspace"
            ),
            _deleted_who_and_when("projectfile_deleted_who_and_when"),
            _plan_known("projectfile_plan_known"),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "project", "id"], name="projectfile_of_project"
            ),
            models.Index(fields=["workspace", "owner"], name="projectfile_of_owner"),
            # What a policy lets go, in one range of ages.
            models.Index(fields=["workspace", "created_at"], name="projectfile_by_age"),
            models.Index(
                fields=["workspace", "deleted_at", "id"],
                name="projectfile_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ShareRight(models.TextChoices):
    """What a share lets its people do."""

    USE = "use"
    EDIT = "edit"


class ProjectShare(models.Model):
    """One member or one group that sees a project besides its owner.

    They see its name, instructions and files and may put their own conversations into
    it; whose a conversation is never changes by it. Data: metadata.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite cascading key (workspace, project), in SQL; so are the next two keys.
    project = models.ForeignKey(
        Project,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="shares",
    )
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
    )
    group = models.ForeignKey(
        "workspaces.Group",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
    )
    right = models.CharField(max_length=10, choices=ShareRight)
    shared_at = models.DateTimeField()

    objects = WorkspaceManager["ProjectShare"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(membership__isnull=False, group__isnull=True)
                | models.Q(membership__isnull=True, group__isnull=False),
                name="projectshare_names_one",
            ),
            models.CheckConstraint(
                condition=models.Q(right__in=ShareRight.values),
                name="projectshare_right_known",
            ),
            models.UniqueConstraint(
                fields=["project", "membership"], name="projectshare_member_once"
            ),
            models.UniqueConstraint(
                fields=["project", "group"], name="projectshare_group_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "membership"], name="projectshare_of_member"
            ),
            models.Index(fields=["workspace", "group"], name="projectshare_of_group"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Memory(models.Model):
    """One short thing that a chat may remember about its member, never changed.

    Data: `sealed` is content; the rest is metadata.
    """

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
    plan_written = models.CharField(max_length=20, choices=_PLANS)
    key_id = models.UUIDField(unique=True)
    key_made_at = models.DateTimeField()
    sealed = models.BinaryField()
    byte_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=20, null=True)

    objects = WorkspaceManager["Memory"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="memory_in_workspace"
            ),
            _deleted_who_and_when("memory_deleted_who_and_when"),
            _plan_known("memory_plan_known"),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "owner", "created_at", "id"],
                name="memory_of_owner",
            ),
            # What a policy lets go, in one range of ages.
            models.Index(fields=["workspace", "created_at"], name="memory_by_age"),
            models.Index(
                fields=["workspace", "deleted_at", "id"],
                name="memory_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class MemoryChoice(models.Model):
    """A member's own switch of memory in one workspace; without a row it is on.

    Data: metadata.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    # Composite key (workspace, membership) -> membership (workspace, id), in SQL.
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
    )
    is_on = models.BooleanField()
    changed_at = models.DateTimeField()

    objects = WorkspaceManager["MemoryChoice"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "membership"], name="memorychoice_member_once"
            ),
        ]

    def __str__(self) -> str:
        return f"memory of {self.membership_id}: {self.is_on}"
