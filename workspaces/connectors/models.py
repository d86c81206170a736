"""Connectors as workspaces set them up, what members linked, and what was cut."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager
from workspaces.connectors.controls import (
    ActionControl,
    Ask,
    Cause,
    ClientAuth,
    End,
    Kind,
    NewActions,
    Risk,
)

_SLUG = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"


def _values(words: type[ActionControl | Ask | Kind | NewActions | Risk]) -> list[str]:
    return [str(one.value) for one in words]


class ConnectorDefaults(models.Model):
    """What holds for every connector of a workspace that says nothing of its own.

    Data: one setting.
    """

    workspace = models.OneToOneField("workspaces.Workspace", on_delete=models.PROTECT)
    ask = models.CharField(max_length=20)

    objects = WorkspaceManager["ConnectorDefaults"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ask__in=_values(Ask)), name="connector_default_ask_known"
            ),
        ]

    def __str__(self) -> str:
        return self.ask


class Connector(models.Model):
    """One connector as a workspace has set it up.

    One of the catalogue has no row until somebody changes it: the plan decides until
    then. `is_restricted` keeps a restriction whose groups are all deleted from letting
    everybody in; `role_ids` and `group_ids` may therefore name what is gone.
    `endpoints`, `scopes` and `actions` are those of a custom connector, the last read
    from its server where `actions_read_at` says when; a deleted one stays for its
    receipts, and for revoking. Data: names, addresses, `domains` and `client_id` are
    business data; `sealed_secret` is the client's secret, sealed with the workspace's
    key.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    slug = models.CharField(max_length=63, db_collation="C")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100, blank=True, default="")
    endpoints = models.JSONField(default=dict)
    scopes = ArrayField(models.CharField(max_length=200), default=list)
    actions = models.JSONField(default=list)
    actions_read_at = models.DateTimeField(null=True)
    client_id = models.CharField(max_length=500, blank=True, default="")
    sealed_secret = models.BinaryField(default=b"")
    client_auth = models.CharField(max_length=30)
    is_allowed = models.BooleanField(default=False)
    is_restricted = models.BooleanField(default=False)
    role_ids = ArrayField(models.BigIntegerField(), default=list)
    group_ids = ArrayField(models.BigIntegerField(), default=list)
    action_control = models.CharField(max_length=20, default=ActionControl.ALL.value)
    chosen_actions = ArrayField(models.CharField(max_length=100), default=list)
    known_actions = ArrayField(models.CharField(max_length=100), default=list)
    new_actions = models.CharField(max_length=20, default=NewActions.DISABLE.value)
    ask = models.CharField(max_length=20, blank=True, default="")
    domains = ArrayField(models.CharField(max_length=253), default=list)
    owner = models.ForeignKey(
        "workspaces.Membership", on_delete=models.PROTECT, null=True
    )
    risk = models.CharField(max_length=20, default=Risk.UNRATED.value)
    review_on = models.DateField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["Connector"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "slug"],
                condition=Q(deleted_at__isnull=True),
                name="connector_slug_once",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True)
                | Q(is_allowed=False) & ~Q(kind=Kind.CATALOGUE),
                name="connector_deleted_is_custom_and_off",
            ),
            # Target of composite keys: a row cannot point into another workspace.
            models.UniqueConstraint(
                fields=["workspace", "id"], name="connector_in_workspace"
            ),
            models.CheckConstraint(
                condition=Q(slug__regex=_SLUG), name="connector_slug_shape"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_values(Kind)), name="connector_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(client_auth__in=[one.value for one in ClientAuth]),
                name="connector_client_auth_known",
            ),
            models.CheckConstraint(
                condition=Q(action_control__in=_values(ActionControl)),
                name="connector_action_control_known",
            ),
            models.CheckConstraint(
                condition=Q(new_actions__in=_values(NewActions)),
                name="connector_new_actions_known",
            ),
            models.CheckConstraint(
                condition=Q(ask__in=["", *_values(Ask)]), name="connector_ask_known"
            ),
            models.CheckConstraint(
                condition=Q(risk__in=_values(Risk)), name="connector_risk_known"
            ),
            models.CheckConstraint(
                condition=Q(is_restricted=True) | Q(role_ids=[], group_ids=[]),
                name="connector_restricted_to_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class ConnectorCut(models.Model):
    """One time that grants were cut: its receipt lists them.

    `connector` is missing where a member left and everything of theirs was cut. Data:
    ids; `requested_by` is a public id.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT, null=True)
    cause = models.CharField(max_length=20)
    requested_by = models.CharField(max_length=64)
    cut_at = models.DateTimeField()

    objects = WorkspaceManager["ConnectorCut"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="connector_cut_in_workspace"
            ),
            models.CheckConstraint(
                condition=Q(cause__in=[one.value for one in Cause]),
                name="connector_cut_cause_known",
            ),
            models.CheckConstraint(
                condition=Q(connector__isnull=False) | Q(cause=Cause.MEMBER_LEFT),
                name="connector_cut_of_a_connector",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ConnectorGrant(models.Model):
    """What one member linked: tokens of their own account at the connected app.

    It works while `ended_at` is missing; then the tokens stay only until they are
    revoked at their source, which a worker does when `revoke_due_at` has come (held by
    `leased_until`, database time, and by `fence`). Data: `account_domain` is business
    data; `sealed_account` (whose account) is personal data and `sealed_tokens` are
    secrets, both sealed with the workspace's key.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT)
    membership = models.ForeignKey("workspaces.Membership", on_delete=models.PROTECT)
    account_domain = models.CharField(max_length=253, blank=True, default="")
    sealed_account = models.BinaryField(default=b"")
    sealed_tokens = models.BinaryField(default=b"")
    scopes = ArrayField(models.CharField(max_length=200), default=list)
    expires_at = models.DateTimeField(null=True)
    linked_at = models.DateTimeField()
    refreshed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    releases = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=20, blank=True, default="")
    cut = models.ForeignKey(ConnectorCut, on_delete=models.PROTECT, null=True)
    revoke_due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["ConnectorGrant"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "connector", "membership"],
                condition=Q(ended_at__isnull=True),
                name="connector_linked_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="")
                | Q(ended_at__isnull=False, end__in=[one.value for one in End]),
                name="connector_grant_ended_with_why",
            ),
            models.CheckConstraint(
                condition=Q(cut__isnull=True) | Q(end=End.CUT),
                name="connector_grant_cut_is_an_end",
            ),
            models.CheckConstraint(
                condition=Q(revoke_due_at__isnull=True) | Q(ended_at__isnull=False),
                name="connector_grant_revoked_after_its_end",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(given_up_at__isnull=True),
                name="connector_grant_revoked_or_given_up",
            ),
            # What no longer works is kept only as long as its source must be told.
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(revoke_due_at__isnull=False)
                | Q(sealed_tokens=b""),
                name="connector_grant_forgets_tokens",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "membership"], name="connector_grant_member"
            ),
            models.Index(
                fields=["workspace", "connector", "linked_at", "id"],
                name="connector_grant_working",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(fields=["workspace", "cut", "id"], name="connector_grant_cut"),
            models.Index(
                fields=["revoke_due_at", "id"],
                name="connector_grant_due",
                condition=Q(revoke_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class GrantReview(models.Model):
    """Somebody's rights changed: whether their grants still stand is to be asked again.

    Without `membership` it is everybody in the workspace, one batch after the other:
    `reached` is the last one asked. The database writes these rows with the change
    itself, whoever makes it; a worker takes them away. Data: ids.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
    )
    reached = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()

    objects = WorkspaceManager["GrantReview"]()

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "id"], name="grant_review_next"),
        ]

    def __str__(self) -> str:
        return f"review of {self.membership_id or 'everybody'}"


class LinkAttempt(models.Model):
    """One sign-in to a connected app that a member has begun.

    It is found by the digest of `state`, in the browser session that began it, once,
    for ten minutes. Data: ids; `sealed_verifier` is a secret, sealed with the
    workspace's key.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    connector = models.ForeignKey(Connector, on_delete=models.PROTECT)
    membership = models.ForeignKey("workspaces.Membership", on_delete=models.PROTECT)
    sign_in = models.UUIDField()
    state = models.BinaryField(max_length=32)
    sealed_verifier = models.BinaryField()
    scopes = ArrayField(models.CharField(max_length=200), default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["LinkAttempt"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], name="link_attempt_state_once"),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "membership", "connector"],
                name="link_attempt_member",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
