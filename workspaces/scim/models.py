"""What an identity provider keeps in a workspace, and what it asked for lately."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from kit.scoping import WorkspaceManager


class Kind(models.TextChoices):
    """The two kinds of resources; the values are their names in the protocol."""

    USER = "User"
    GROUP = "Group"


class Conflict(models.TextChoices):
    """Why a user of the provider is no member; empty where nothing is in the way."""

    NO_ADDRESS = "no_address"
    DOMAIN = "domain"
    MEMBER_EXISTS = "member_exists"
    ADDRESS_TAKEN = "address_taken"
    ADDRESS_FIXED = "address_fixed"


class ScimResource(models.Model):
    """One user or group as the identity provider describes it.

    `document` is what the provider sent, sealed with the workspace's key; the columns
    beside it are what is searched. `public_id` is its id in the protocol, and tells
    nothing about the member or group behind it. A user without `membership` gives
    nobody access; `conflict` says why. Data: `folded_name` of users, `external_id`,
    `email_keys` and `document` are personal data.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    kind = models.CharField(max_length=10, choices=Kind)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    folded_name = models.CharField(max_length=800, db_collation="C")
    external_id = models.CharField(
        max_length=800, blank=True, default="", db_collation="C"
    )
    is_active = models.BooleanField(null=True)
    email_keys = ArrayField(models.CharField(max_length=800), default=list)
    document = models.BinaryField()
    version = models.PositiveIntegerField(default=1)
    membership = models.ForeignKey(
        "workspaces.Membership", on_delete=models.PROTECT, null=True
    )
    group = models.ForeignKey("workspaces.Group", on_delete=models.PROTECT, null=True)
    conflict = models.CharField(max_length=20, choices=Conflict, blank=True, default="")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    objects = WorkspaceManager["ScimResource"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "folded_name"], name="scim_name_once"
            ),
            models.UniqueConstraint(
                fields=["workspace", "membership"],
                condition=models.Q(membership__isnull=False),
                name="scim_member_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "group"],
                condition=models.Q(group__isnull=False),
                name="scim_group_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=Kind.GROUP, group__isnull=False)
                | models.Q(kind=Kind.USER, group__isnull=True),
                name="scim_kind_with_its_row",
            ),
            models.CheckConstraint(
                condition=models.Q(conflict="")
                | models.Q(conflict__in=Conflict.values),
                name="scim_conflict_known",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "kind", "id"], name="scim_in_order"),
            models.Index(
                fields=["workspace", "kind", "external_id"], name="scim_external_id"
            ),
            GinIndex(fields=["email_keys"], name="scim_email_keys"),
            models.Index(
                fields=["workspace", "id"],
                name="scim_conflicts",
                condition=~models.Q(conflict=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class ScimSettings(models.Model):
    """What the provider of a workspace may do beyond its own users.

    `adopts`: it may take over members whom it did not bring. `makes_owners`: a group
    may give ownership. Data: switches.
    """

    workspace = models.OneToOneField("workspaces.Workspace", on_delete=models.PROTECT)
    adopts = models.BooleanField(default=False)
    makes_owners = models.BooleanField(default=False)

    objects = WorkspaceManager["ScimSettings"]()

    def __str__(self) -> str:
        return f"SCIM of {self.workspace_id}"


class ScimRequest(models.Model):
    """One of the last requests of a workspace's provider, without what was in it.

    Data: `user_agent` names the provider's software; `path` holds random ids;
    `outcome` is a fixed word.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=40, blank=True, default="")
    token = models.UUIDField(null=True)
    user_agent = models.CharField(max_length=200, blank=True, default="")
    took_ms = models.PositiveIntegerField()

    objects = WorkspaceManager["ScimRequest"]()

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "id"], name="scim_request_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status}"
