"""GPTs that members make: immutable versions, files, who may use them, reviews.

What members wrote is sealed under the GPT's own key; host names of actions and slugs
of connectors are in clear, since policy is decided on them. Rows of a GPT go with it
by cascades that live in the database (see migrations); the app role deletes shares
and allowed domains, and nothing else here.
"""

import uuid

from django.db import models

from kit.scoping import WorkspaceManager
from workspaces.gpts.levels import PUBLIC, Visibility
from workspaces.tenancy.plans import Plan

MOST_EDITORS = 100
_LEVELS = [(one.value, one.value) for one in Visibility]
_PUBLIC = sorted(one.value for one in PUBLIC)


class ReviewState(models.TextChoices):
    """Where a request to share with the public stands; all but the first are final."""

    WAITING = "waiting"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Gpt(models.Model):
    """One GPT of one member, with a data key of its own.

    `public_number` is the approved version that people outside are served; it is there
    exactly while the GPT is public. `original_owner` is who gets it back when they
    return, while `is_unassigned`. `deleted_at` is set by an explicit delete only.
    Data: ids, levels, counts and times; everything written is in versions and files.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite keys (workspace, …) -> membership (workspace, id), in SQL.
    owner = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    original_owner = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    is_unassigned = models.BooleanField(default=False)
    visibility = models.CharField(
        max_length=20, choices=_LEVELS, default=Visibility.INVITE_ONLY.value
    )
    latest_number = models.PositiveIntegerField(default=1)
    public_number = models.PositiveIntegerField(null=True)
    recipient_count = models.PositiveIntegerField(default=0)
    editor_count = models.PositiveIntegerField(default=0)
    file_count = models.PositiveIntegerField(default=0)
    byte_count = models.BigIntegerField(default=0)
    plan_written = models.CharField(
        max_length=20, choices=[(p.value, p.value) for p in Plan]
    )
    key_id = models.UUIDField(unique=True)
    key_made_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    unpublished_at = models.DateTimeField(null=True)
    isolated_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=20, null=True)

    objects = WorkspaceManager["Gpt"]()

    class Meta:
        constraints = [
            # Target of composite keys: a row cannot point into another workspace.
            models.UniqueConstraint(
                fields=["workspace", "id"], name="gpt_in_workspace"
            ),
            models.CheckConstraint(
                condition=models.Q(visibility__in=[v.value for v in Visibility]),
                name="gpt_visibility_known",
            ),
            models.CheckConstraint(
                condition=models.Q(visibility__in=_PUBLIC, public_number__isnull=False)
                | (
                    ~models.Q(visibility__in=_PUBLIC)
                    & models.Q(public_number__isnull=True)
                ),
                name="gpt_public_in_a_reviewed_version",
            ),
            models.CheckConstraint(
                condition=models.Q(public_number__isnull=True)
                | models.Q(public_number__lte=models.F("latest_number")),
                name="gpt_public_version_exists",
            ),
            models.CheckConstraint(
                condition=models.Q(plan_written__in=[p.value for p in Plan]),
                name="gpt_plan_known",
            ),
            models.CheckConstraint(
                condition=models.Q(is_unassigned=True, original_owner__isnull=False)
                | models.Q(is_unassigned=False, original_owner__isnull=True),
                name="gpt_unassigned_with_its_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(editor_count__lte=MOST_EDITORS),
                name="gpt_editors_at_most_100",
            ),
            models.CheckConstraint(
                condition=models.Q(editor_count__lte=models.F("recipient_count")),
                name="gpt_editors_among_recipients",
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | models.Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="gpt_deleted_who_and_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "owner", "updated_at", "id"], name="gpt_of_owner"
            ),
            models.Index(
                fields=["workspace", "visibility", "updated_at", "id"],
                name="gpt_by_visibility",
            ),
            models.Index(fields=["workspace", "updated_at", "id"], name="gpt_newest"),
            models.Index(
                fields=["workspace", "original_owner"],
                name="gpt_unassigned",
                condition=models.Q(is_unassigned=True),
            ),
            models.Index(
                fields=["workspace", "deleted_at", "id"],
                name="gpt_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class GptVersion(models.Model):
    """One version of a GPT as it was saved; the database refuses to change it.

    Data: `summary` (name, description, conversation starters) and `config`
    (instructions, schemas of actions) are sealed content; `action_hosts` and
    `connectors` are business data that policy is decided on; the rest is metadata.
    """

    workspace_id = models.BigIntegerField()
    # Composite cascading key (workspace, gpt), in SQL.
    gpt = models.ForeignKey(
        Gpt,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="versions",
    )
    number = models.PositiveIntegerField()
    author = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    summary = models.BinaryField()
    config = models.BinaryField()
    tools = models.JSONField(default=list)
    action_hosts = models.JSONField(default=list)
    connectors = models.JSONField(default=list)
    file_ids = models.JSONField(default=list)
    created_at = models.DateTimeField()

    objects = WorkspaceManager["GptVersion"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gpt", "number"], name="gpt_version_number_once"
            ),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="gpt_version_counts_from_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gpt_id}/{self.number}"


class GptFile(models.Model):
    """One file that a GPT knows; any number of its versions may refer to it.

    It belongs to whoever uploaded it, and goes by itself: by an explicit delete, by a
    policy, or with its GPT. Versions go on naming one that is gone. It has a data key
    of its own; until `keying` has been at it, one of an older Custos is sealed with
    its GPT's and has none. Data: `sealed` (name and type) is content; `blob_id` names
    sealed bytes in the blob store; the rest is metadata.
    """

    workspace_id = models.BigIntegerField()
    gpt = models.ForeignKey(
        Gpt, on_delete=models.DO_NOTHING, db_constraint=False, related_name="files"
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite key (workspace, owner) -> membership (workspace, id), in SQL.
    owner = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    plan_written = models.CharField(
        max_length=20, choices=[(p.value, p.value) for p in Plan]
    )
    key_id = models.UUIDField(unique=True, null=True)
    key_made_at = models.DateTimeField(null=True)
    byte_count = models.BigIntegerField()
    blob_id = models.UUIDField(unique=True)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=20, null=True)

    objects = WorkspaceManager["GptFile"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key_id__isnull=True, key_made_at__isnull=True)
                | models.Q(key_id__isnull=False, key_made_at__isnull=False),
                name="gptfile_key_and_when",
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | models.Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="gptfile_deleted_who_and_when",
            ),
            models.CheckConstraint(
                condition=models.Q(plan_written__in=[p.value for p in Plan]),
                name="gptfile_plan_known",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace_id", "owner"], name="gptfile_of_owner"),
            # What a policy lets go, in one range of ages.
            models.Index(fields=["workspace_id", "created_at"], name="gptfile_by_age"),
            models.Index(
                fields=["workspace_id", "deleted_at", "id"],
                name="gptfile_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
            models.Index(
                fields=["id"],
                name="gptfile_without_key",
                condition=models.Q(key_id__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class GptShare(models.Model):
    """What one person or one group may do with a GPT. Data: ids and rights."""

    workspace_id = models.BigIntegerField()
    gpt = models.ForeignKey(
        Gpt,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="shares",
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    group = models.ForeignKey(
        "workspaces.Group",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    can_read = models.BooleanField(default=True)
    can_view_config = models.BooleanField(default=False)
    can_write = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = WorkspaceManager["GptShare"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(membership__isnull=True, group__isnull=False)
                | models.Q(membership__isnull=False, group__isnull=True),
                name="gpt_share_with_one",
            ),
            models.UniqueConstraint(
                fields=["gpt", "membership"], name="gpt_share_person_once"
            ),
            models.UniqueConstraint(
                fields=["gpt", "group"], name="gpt_share_group_once"
            ),
            # Each right contains the one before it.
            models.CheckConstraint(
                condition=models.Q(can_read=True)
                & (models.Q(can_write=False) | models.Q(can_view_config=True)),
                name="gpt_share_rights_nested",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "membership", "gpt"], name="gpt_share_member"
            ),
            models.Index(
                fields=["workspace_id", "group", "gpt"], name="gpt_share_group"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class GptReview(models.Model):
    """One request to show one version to the public, and what became of it.

    Data: `reason` is a sealed text about content; the rest is ids, states and times.
    """

    workspace_id = models.BigIntegerField()
    gpt = models.ForeignKey(
        Gpt,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="reviews",
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    number = models.PositiveIntegerField()
    wanted = models.CharField(max_length=20, choices=_LEVELS)
    state = models.CharField(
        max_length=20, choices=ReviewState, default=ReviewState.WAITING
    )
    requester = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    requested_at = models.DateTimeField()
    reviewer = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.BinaryField(null=True)

    objects = WorkspaceManager["GptReview"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ReviewState.values),
                name="gpt_review_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(wanted__in=_PUBLIC), name="gpt_review_for_the_public"
            ),
            models.UniqueConstraint(
                fields=["gpt"],
                condition=models.Q(state="waiting"),
                name="gpt_review_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting", decided_at__isnull=True)
                | (~models.Q(state="waiting") & models.Q(decided_at__isnull=False)),
                name="gpt_review_ended_with_its_state",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["waiting", "withdrawn"], reviewer__isnull=True
                )
                | models.Q(
                    state__in=["approved", "sent_back", "rejected"],
                    reviewer__isnull=False,
                ),
                name="gpt_review_by_whom",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewer__isnull=True)
                | ~models.Q(reviewer=models.F("requester")),
                name="gpt_review_by_another",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["sent_back", "rejected"])
                | models.Q(reason__isnull=False),
                name="gpt_review_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "state", "requested_at", "id"],
                name="gpt_review_queue",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class GptPolicy(models.Model):
    """What a workspace allows of all its GPTs; without a row, nothing public.

    Data: a switch and a time.
    """

    workspace = models.OneToOneField("workspaces.Workspace", on_delete=models.PROTECT)
    allows_public = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    objects = WorkspaceManager["GptPolicy"]()

    def __str__(self) -> str:
        return str(self.workspace_id)


class ActionDomain(models.Model):
    """One host that actions may call, with everything below it.

    Data: `domain` is business data, in its ASCII form; `added_by` is a public id.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    domain = models.CharField(max_length=253, db_collation="C")
    added_by = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    objects = WorkspaceManager["ActionDomain"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "domain"], name="action_domain_once"
            ),
            models.CheckConstraint(
                condition=models.Q(domain__regex=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"),
                name="action_domain_shape",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ThirdPartyApproval(models.Model):
    """One GPT from outside that members may use, and since when, until when.

    Data: `external_id` and `name` are published by others, business data here; who
    approved and who withdrew are public ids.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    external_id = models.CharField(max_length=100, db_collation="C")
    name = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=64)
    approved_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=64, null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["ThirdPartyApproval"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="third_party_approved_once",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="third_party_withdrawn_who_and_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "approved_at", "id"], name="third_party_newest"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
