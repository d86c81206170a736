"""Legal holds, and the one table from which everything they cover is decided."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q

from kit.scoping import WorkspaceManager

# What was released is purged within 30 days of that, grace included.
MIN_GRACE_DAYS = 1
MAX_GRACE_DAYS = 28


class ScopeKind(models.TextChoices):
    """What one row of a hold covers."""

    MEMBER = "member"
    CONVERSATION = "conversation"
    PROJECT = "project"
    GPT = "gpt"


COLUMNS = {
    ScopeKind.MEMBER: "membership",
    ScopeKind.CONVERSATION: "conversation",
    ScopeKind.PROJECT: "project",
    ScopeKind.GPT: "gpt",
}


# What kinds of content and dates narrow; anything else is covered whole.
NARROWED = (ScopeKind.MEMBER, ScopeKind.PROJECT)


def _names_only(kind: ScopeKind) -> Q:
    names = {
        f"{column}_id__isnull": other is not kind for other, column in COLUMNS.items()
    }
    return Q(kind=kind, **names)


class DatesOf(models.TextChoices):
    """What the span of a scope is compared with.

    A whole life is from creation to the last activity. Activity alone would let go of
    what is written on in after the span has ended.
    """

    LIFE = "life"
    CREATION = "creation"


class RequestState(models.TextChoices):
    """Where a request to release stands; all but the first are final."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class Hold(models.Model):
    """One matter with its legal hold; open until released.

    Data: `matter` (its name), `reference` and `description` are governance text that
    may name people, sealed with the organization's key; `placed_by` and `released_by`
    are random ids or names of system parts; the rest is metadata.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    matter = models.BinaryField()
    reference = models.BinaryField(null=True)
    description = models.BinaryField(null=True)
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
    """One member, conversation, project or GPT that a hold covers.

    A member's and a project's scope may be narrowed to kinds of content (None: all)
    and to a span of dates, both ends included; `retention.holds.coverage` says what
    a scope then covers. A released scope goes on protecting until
    `release_grace_until`. There is no foreign key to what is stored: the scope must
    survive what it names, and must not stand in the way of a purge after release.
    Data: metadata.
    """

    workspace_id = models.BigIntegerField()
    # The database also adds scopes itself: what changes hands stays held.
    public_id = models.UUIDField(db_default=RandomUUID(), unique=True)
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
    project_id = models.BigIntegerField(null=True)
    gpt_id = models.BigIntegerField(null=True)
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    dates_of = models.CharField(
        max_length=10, choices=DatesOf, default=DatesOf.LIFE, db_default=DatesOf.LIFE
    )
    content_kinds = ArrayField(models.TextField(), null=True)
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    release_grace_until = models.DateTimeField(null=True)

    objects = WorkspaceManager["HoldScope"]()

    class Meta:
        constraints = [
            # Target of composite keys: a request cannot name another's scope.
            models.UniqueConstraint(
                fields=["workspace_id", "id"], name="holdscope_in_workspace"
            ),
            models.CheckConstraint(
                condition=_names_only(ScopeKind.MEMBER)
                | _names_only(ScopeKind.CONVERSATION)
                | _names_only(ScopeKind.PROJECT)
                | _names_only(ScopeKind.GPT),
                name="holdscope_names_what_it_covers",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=NARROWED)
                | Q(
                    from_at__isnull=True,
                    until_at__isnull=True,
                    content_kinds__isnull=True,
                ),
                name="holdscope_covers_one_thing_whole",
            ),
            models.CheckConstraint(
                condition=Q(from_at__isnull=True)
                | Q(until_at__isnull=True)
                | Q(from_at__lte=F("until_at")),
                name="holdscope_span_runs_forward",
            ),
            models.CheckConstraint(
                condition=Q(content_kinds__isnull=True) | Q(content_kinds__len__gt=0),
                name="holdscope_wants_some_kind",
            ),
            models.CheckConstraint(
                condition=Q(dates_of__in=DatesOf.values), name="holdscope_dates_known"
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
            # A scope that was released may be covered anew by a later one.
            *(
                models.UniqueConstraint(
                    fields=["hold", f"{column}_id"],
                    condition=Q(
                        **{f"{column}_id__isnull": False}, released_at__isnull=True
                    ),
                    name=f"holdscope_{kind}_once",
                )
                for kind, column in COLUMNS.items()
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
            models.Index(
                fields=["workspace_id", "project_id"],
                name="holdscope_project",
                condition=Q(project_id__isnull=False),
            ),
            models.Index(
                fields=["workspace_id", "gpt_id"],
                name="holdscope_gpt",
                condition=Q(gpt_id__isnull=False),
            ),
            models.Index(fields=["hold", "id"], name="holdscope_of_hold"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.named}"

    @property
    def named(self) -> int:
        """The id of what it names."""
        return int(getattr(self, f"{COLUMNS[ScopeKind(self.kind)]}_id"))


class ReleaseRequest(models.Model):
    """One person's wish to release a hold, or one scope of it, and who confirmed it.

    Nobody confirms what they asked for. Data: `reason` is governance text, sealed with
    the organization's key; who asked and decided are random ids; the rest is metadata.
    """

    workspace_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # Composite keys (workspace, …) -> hold and scope (workspace, id), in SQL.
    hold = models.ForeignKey(
        Hold,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="requests",
    )
    scope = models.ForeignKey(
        HoldScope,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    reason = models.BinaryField()
    state = models.CharField(max_length=20, choices=RequestState)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=64)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, null=True)

    objects = WorkspaceManager["ReleaseRequest"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state=RequestState.WAITING,
                    decided_at__isnull=True,
                    decided_by__isnull=True,
                )
                | Q(
                    state__in=[RequestState.CONFIRMED, RequestState.WITHDRAWN],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="releaserequest_decided_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.CONFIRMED)
                | ~Q(decided_by=F("requested_by")),
                name="releaserequest_second_person",
            ),
            models.UniqueConstraint(
                fields=["hold", "scope"],
                condition=Q(state=RequestState.WAITING),
                nulls_distinct=False,
                name="releaserequest_one_waits",
            ),
        ]
        indexes = [
            models.Index(fields=["hold", "id"], name="releaserequest_of_hold"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ReleaseGrace(models.Model):
    """For how many days released scopes of one workspace go on protecting.

    Without a row the installation's default counts. Data: metadata.
    """

    workspace = models.OneToOneField("workspaces.Workspace", on_delete=models.PROTECT)
    days = models.PositiveIntegerField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)

    objects = WorkspaceManager["ReleaseGrace"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(days__gte=MIN_GRACE_DAYS, days__lte=MAX_GRACE_DAYS),
                name="releasegrace_inside_the_promise",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} days in {self.workspace_id}"
