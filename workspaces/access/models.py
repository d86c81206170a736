"""What a workspace gives, and the custom roles that give or keep back more."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kit.scoping import WorkspaceManager
from workspaces.access.features import Feature, Kind, kind_of, levels_of
from workspaces.roles.matrix import GRANTABLE


def _value_is_of_its_feature() -> models.Q:
    """A switch or level has one of its words, and what is chosen has names."""
    found = models.Q()
    for feature in Feature:
        if kind_of(feature) is Kind.SET:
            fits = models.Q(value="", names__isnull=False)
        else:
            fits = models.Q(value__in=levels_of(feature), names__isnull=True)
        found |= models.Q(feature=feature.value) & fits
    return found


class Setting(models.Model):
    """The value of one feature: a word, or names for what is chosen from a list."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    feature = models.CharField(max_length=30)
    value = models.CharField(max_length=30, blank=True, default="")
    names = ArrayField(models.CharField(max_length=100), null=True)

    class Meta:
        abstract = True


class Baseline(Setting):
    """What a workspace gives of one feature, where it differs from its plan.

    Data: settings; the names are of models, business data.
    """

    objects = WorkspaceManager["Baseline"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "feature"], name="baseline_feature_once"
            ),
            models.CheckConstraint(
                condition=_value_is_of_its_feature(), name="baseline_value_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feature} of {self.workspace_id}"


class CustomRole(models.Model):
    """One role that the owners of a workspace made.

    `folded_name` is the one spelling that is compared. Data: name and purpose are
    business data.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=200)
    folded_name = models.CharField(max_length=400, db_collation="C")
    purpose = models.CharField(max_length=400, blank=True, default="")
    created_at = models.DateTimeField()

    objects = WorkspaceManager["CustomRole"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "folded_name"], name="custom_role_name_once"
            ),
            # Target of composite keys: a row cannot point into another workspace.
            models.UniqueConstraint(
                fields=["workspace", "id"], name="custom_role_in_workspace"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class RoleSetting(Setting):
    """What a custom role says of one feature; without a row it says nothing.

    Data: settings; the names are of models, business data.
    """

    role = models.ForeignKey(
        CustomRole, on_delete=models.PROTECT, related_name="settings"
    )

    objects = WorkspaceManager["RoleSetting"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["role", "feature"], name="role_setting_feature_once"
            ),
            models.CheckConstraint(
                condition=_value_is_of_its_feature(), name="role_setting_value_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feature} of {self.role_id}"


class RoleGrant(models.Model):
    """One administrative permission that a custom role grants. Data: ids and a name."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    role = models.ForeignKey(
        CustomRole, on_delete=models.PROTECT, related_name="grants"
    )
    permission = models.CharField(max_length=40)

    objects = WorkspaceManager["RoleGrant"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["role", "permission"], name="role_grant_permission_once"
            ),
            models.CheckConstraint(
                condition=models.Q(permission__in=sorted(p.value for p in GRANTABLE)),
                name="role_grant_permission_grantable",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permission} by {self.role_id}"


class RoleAssignment(models.Model):
    """One custom role given to one member, or to all who are in one group.

    A group may go while it carries roles: the database then takes these rows with it.
    Data: ids.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    role = models.ForeignKey(
        CustomRole, on_delete=models.PROTECT, related_name="assignments"
    )
    membership = models.ForeignKey(
        "workspaces.Membership", on_delete=models.PROTECT, null=True
    )
    group = models.ForeignKey(
        "workspaces.Group",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
    )
    assigned_at = models.DateTimeField()

    objects = WorkspaceManager["RoleAssignment"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["role", "membership"], name="role_assignment_member_once"
            ),
            models.UniqueConstraint(
                fields=["role", "group"], name="role_assignment_group_once"
            ),
            models.CheckConstraint(
                condition=models.Q(membership__isnull=True, group__isnull=False)
                | models.Q(membership__isnull=False, group__isnull=True),
                name="role_assignment_to_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "membership"], name="role_assignment_membership"
            ),
            models.Index(fields=["workspace", "group"], name="role_assignment_group"),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} to {self.membership_id or self.group_id}"
