"""Groups of members, and the roles that belonging to one gives."""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager
from workspaces.roles.matrix import Role


class Source(models.TextChoices):
    """Who keeps a group: people here, or the identity provider."""

    PORTAL = "portal"
    SCIM = "scim"


class Group(models.Model):
    """One named set of people of a workspace.

    `folded_name` is the one spelling that is compared; `is_discoverable` lets every
    member find the group when they share something. Data: the names are business data.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=200)
    folded_name = models.CharField(max_length=400, db_collation="C")
    source = models.CharField(max_length=10, choices=Source)
    is_discoverable = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = WorkspaceManager["Group"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "folded_name"], name="group_name_once"
            ),
            # Target of composite keys: a row cannot point into another workspace.
            models.UniqueConstraint(
                fields=["workspace", "id"], name="group_in_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="group_source_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class GroupMember(models.Model):
    """One person in one group, as whoever keeps the group names them.

    `subject` is the keeper's random id for the person; `membership` is missing while
    the person is not a member of the workspace: they are listed, and it gives them
    nothing. `joined_at` is since when it counts for the membership, by the end of that
    hour, null for whoever was there before that was noted. Data: `display` is a name as
    the provider sent it, personal data.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    group = models.ForeignKey(Group, on_delete=models.PROTECT)
    subject = models.UUIDField()
    membership = models.ForeignKey(
        "workspaces.Membership", on_delete=models.PROTECT, null=True
    )
    display = models.CharField(max_length=400, blank=True, default="")
    joined_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["GroupMember"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "subject"], name="group_member_once"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "subject"], name="group_member_subject"),
            models.Index(
                fields=["workspace", "membership"], name="group_member_membership"
            ),
            models.Index(fields=["workspace", "group", "id"], name="group_member_page"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} in {self.group_id}"


class FormerGroupMember(models.Model):
    """A member who left a group, or whose group was deleted, and in which hour.

    Kept for KEPT_DAYS, so that what the group's policy kept of theirs does not fall due
    at once. The group is named without a foreign key, since this outlives it. Data: ids
    and a time.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    group_id = models.BigIntegerField()
    # Composite key (workspace, membership) -> membership (workspace, id), in SQL.
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
    )
    left_at = models.DateTimeField()

    objects = WorkspaceManager["FormerGroupMember"]()

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "group_id", "left_at"],
                name="former_group_member_by_group",
            ),
            models.Index(
                fields=["workspace", "membership"], name="former_group_member_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} left {self.group_id}"


class GroupRole(models.Model):
    """The role that belonging to a group gives. Data: ids and a role."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    group = models.OneToOneField(Group, on_delete=models.PROTECT)
    role = models.CharField(max_length=30)
    set_at = models.DateTimeField()

    objects = WorkspaceManager["GroupRole"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[r.value for r in Role]),
                name="group_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} by {self.group_id}"


class GivenRole(models.Model):
    """The role that a member has through a group, so that leaving takes it back.

    A role that somebody gave by hand has no such row. Data: ids and a role.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    membership = models.OneToOneField("workspaces.Membership", on_delete=models.PROTECT)
    role = models.CharField(max_length=30)

    objects = WorkspaceManager["GivenRole"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[r.value for r in Role]),
                name="given_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.membership_id}"
