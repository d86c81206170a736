"""Secrets that programs present: tokens of identity providers, and API keys."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager, WorkspaceManager

SLOTS = (1, 2)


class TokenScope(models.TextChoices):
    """What a provider may write with its token."""

    USERS = "users"
    USERS_AND_GROUPS = "users+groups"


class ScimToken(models.Model):
    """One secret by which an identity provider provisions one workspace.

    The two slots are how many may work at once, for rotation: a token without a slot
    opens nothing. `creator_left_at` is when offboarding found that its creator is
    gone; provisioning goes on, and the page asks for a rotation. Data: `digest` is a
    hash of a secret; `networks` are addresses of the provider; `created_by` is a
    public id.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    digest = models.BinaryField(unique=True)
    hint = models.CharField(max_length=8)
    scope = models.CharField(max_length=20, choices=TokenScope)
    networks = models.JSONField(default=list)
    slot = models.PositiveSmallIntegerField(null=True)
    idempotency_digest = models.BinaryField(null=True)
    created_by = models.CharField(max_length=64)
    creator_left_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["ScimToken"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope__in=TokenScope.values),
                name="scim_token_scope_known",
            ),
            models.CheckConstraint(
                condition=models.Q(slot__isnull=True) | models.Q(slot__in=SLOTS),
                name="scim_token_slot_known",
            ),
            models.CheckConstraint(
                condition=models.Q(slot__isnull=True)
                | models.Q(revoked_at__isnull=True),
                name="scim_token_revoked_without_slot",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gte=models.F("created_at")),
                name="scim_token_ends_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["workspace", "slot"],
                condition=models.Q(slot__isnull=False),
                name="scim_token_two_at_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "idempotency_digest"],
                condition=models.Q(idempotency_digest__isnull=False),
                name="scim_token_issued_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "created_at", "id"], name="scim_token_newest"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ApiKey(models.Model):
    """One secret by which a program uses our APIs, for an organization or a workspace.

    A key belongs to the person who issued it and dies with them: with their membership
    (of the generation it was issued under) or with their part in running the
    organization (`administration_id` is a plain number, so that the row it names can
    go). A key without an owner was issued by the operator. Data: `digest` is a hash of
    a secret; `name` is business data; `networks` are addresses of the program.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, null=True
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=200)
    digest = models.BinaryField(unique=True)
    hint = models.CharField(max_length=8)
    scopes = models.JSONField()
    networks = models.JSONField(default=list)
    owner = models.ForeignKey("workspaces.User", on_delete=models.PROTECT, null=True)
    membership = models.ForeignKey(
        "workspaces.Membership", on_delete=models.PROTECT, null=True
    )
    generation = models.PositiveIntegerField(null=True)
    administration_id = models.BigIntegerField(null=True)
    idempotency_digest = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = OrganizationManager["ApiKey"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    owner__isnull=True,
                    membership__isnull=True,
                    generation__isnull=True,
                    administration_id__isnull=True,
                )
                | models.Q(
                    owner__isnull=False,
                    workspace__isnull=False,
                    membership__isnull=False,
                    generation__isnull=False,
                    administration_id__isnull=True,
                )
                | models.Q(
                    owner__isnull=False,
                    workspace__isnull=True,
                    membership__isnull=True,
                    generation__isnull=True,
                    administration_id__isnull=False,
                ),
                name="api_key_owner_by_one_tie",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gte=models.F("created_at")),
                name="api_key_ends_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["organization", "idempotency_digest"],
                condition=models.Q(idempotency_digest__isnull=False),
                name="api_key_issued_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "workspace", "created_at", "id"],
                name="api_key_newest",
            ),
            models.Index(fields=["membership"], name="api_key_membership"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
