"""Sweeps: runs, their plans and progress, and the queue of what must be destroyed."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kit.scoping import WorkspaceManager


class RunState(models.TextChoices):
    """Where a run stands; every step moves it forward only."""

    OPEN = "open"
    PLANNED = "planned"
    PURGING = "purging"
    DESTROYING = "destroying"
    CLOSED = "closed"


class Lane(models.TextChoices):
    """Which queue works on a run: the large ones keep nobody waiting."""

    FAST = "fast"
    SLOW = "slow"


class SweepRun(models.Model):
    """One purging run over one or many workspaces; belongs to the installation.

    One worker drives it: `lease_until` (database time) lapses when the worker's
    heart stops, `fence` rises with each new driver, and a step that presents an
    older number fails. `behind_since` is when the last whole sweep of those it covers
    began: nothing in it has been due for longer; unknown where one was never swept.
    `vacuumed_at` and `vacuum_note` say what became of the tables of a large run.
    Data: operational.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=20, choices=RunState, default=RunState.OPEN)
    lane = models.CharField(max_length=10, choices=Lane, default=Lane.FAST)
    behind_since = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=80, default="")
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    passes = models.PositiveSmallIntegerField(default=0)
    vacuumed_at = models.DateTimeField(null=True)
    vacuum_note = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RunState.values), name="sweeprun_state_known"
            ),
            models.CheckConstraint(
                condition=Q(lane__in=Lane.values), name="sweeprun_lane_known"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | ~Q(state="closed") & Q(closed_at__isnull=True),
                name="sweeprun_closed_with_its_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="sweeprun_unfinished", condition=~Q(state="closed")
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SweepState(models.TextChoices):
    """Where one workspace's sweep stands."""

    OPENED = "opened"
    PLANNED = "planned"
    SEALED = "sealed"
    PURGING = "purging"
    DESTROYING = "destroying"
    CLOSED = "closed"
    STOPPED = "stopped"


class Trigger(models.TextChoices):
    """What started a sweep."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    COMMAND = "command"


FINISHED = (SweepState.CLOSED, SweepState.STOPPED)
# Its rows are gone: destroying and the receipt, which are left, keep no other waiting.
PURGED = (SweepState.DESTROYING, *FINISHED)


class Sweep(models.Model):
    """One workspace's part of a run: what a receipt is about.

    `plan_root` is the RFC 6962 root over the digests of its slices in window order;
    `plan_entry_id` the log entry that holds it. `skipped_n` were planned but are no
    longer due (restored, or the policy was lengthened); `failed_n` stayed locked and
    wait for the next sweep. `examined_at` and `probed_at` are when others than the
    sweeper looked at what it did. Data: counts and random ids.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    run = models.ForeignKey(SweepRun, on_delete=models.PROTECT, related_name="sweeps")
    trigger = models.CharField(max_length=20, choices=Trigger)
    state = models.CharField(
        max_length=20, choices=SweepState, default=SweepState.OPENED
    )
    started_by = models.CharField(max_length=64)
    policy_versions = models.TextField(default="")
    planned_n = models.PositiveBigIntegerField(default=0)
    plan_root = models.BinaryField(null=True)
    plan_entry_id = models.BigIntegerField(null=True)
    purged_n = models.PositiveBigIntegerField(default=0)
    held_n = models.PositiveBigIntegerField(default=0)
    skipped_n = models.PositiveBigIntegerField(default=0)
    failed_n = models.PositiveBigIntegerField(default=0)
    messages_n = models.PositiveBigIntegerField(default=0)
    files_n = models.PositiveBigIntegerField(default=0)
    bytes_n = models.PositiveBigIntegerField(default=0)
    # Of all kinds: past the promised day when it was planned.
    late_n = models.PositiveBigIntegerField(db_default=0)
    opened_at = models.DateTimeField()
    planned_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    examined_at = models.DateTimeField(null=True)
    probed_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["Sweep"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="sweep_in_workspace"
            ),
            models.UniqueConstraint(
                fields=["workspace"],
                condition=~Q(state__in=["destroying", "closed", "stopped"]),
                name="sweep_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SweepState.values), name="sweep_state_known"
            ),
            models.CheckConstraint(
                condition=Q(trigger__in=Trigger.values), name="sweep_trigger_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["closed", "stopped"], ended_at__isnull=False)
                | ~Q(state__in=["closed", "stopped"]) & Q(ended_at__isnull=True),
                name="sweep_ended_with_its_state",
            ),
            models.CheckConstraint(
                condition=Q(plan_root__isnull=True, plan_entry_id__isnull=True)
                | Q(plan_root__isnull=False, plan_entry_id__isnull=False),
                name="sweep_plan_is_recorded",
            ),
            models.CheckConstraint(
                condition=Q(purged_n__lte=F("planned_n")),
                name="sweep_purges_no_more_than_planned",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "opened_at", "id"], name="sweep_by_time"),
            models.Index(
                fields=["id"],
                name="sweep_to_examine",
                condition=Q(purged_at__isnull=False, examined_at__isnull=True),
            ),
            models.Index(
                fields=["id"],
                name="sweep_to_probe",
                condition=Q(state="closed", probed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SweepCount(models.Model):
    """What one sweep planned and did of one kind beside conversations.

    Conversations have their numbers on the sweep itself; their meaning is the same.
    Data: counts.
    """

    workspace_id = models.BigIntegerField()
    # Composite key (workspace, sweep) -> sweep (workspace, id), in SQL.
    sweep = models.ForeignKey(
        Sweep,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="counts",
    )
    kind = models.CharField(max_length=40)
    planned_n = models.PositiveBigIntegerField()
    held_n = models.PositiveBigIntegerField()
    purged_n = models.PositiveBigIntegerField()
    skipped_n = models.PositiveBigIntegerField()
    failed_n = models.PositiveBigIntegerField()
    bytes_n = models.PositiveBigIntegerField()

    objects = WorkspaceManager["SweepCount"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sweep", "kind"], name="sweepcount_kind_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind="conversations"),
                name="sweepcount_is_not_of_conversations",
            ),
            models.CheckConstraint(
                condition=Q(
                    planned_n__gte=F("purged_n") + F("skipped_n") + F("failed_n")
                ),
                name="sweepcount_purges_no_more_than_planned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.sweep_id}"


class SweepSlice(models.Model):
    """One workspace's part of one window of ids: the manifest of a plan.

    `ids` are ascending, `tried` of them went through a first batch; `digest` is
    SHA-256 over the sorted, concatenated 16-byte public ids, computed when planned, so
    it can be checked after the rows are gone. Its keys, `keys` in number, are doomed
    between `doom_first` and `doom_last`, where those of others lie as well; they are
    claimed and destroyed as one, after the last of them was doomed. Data: internal and
    random ids.
    """

    workspace_id = models.BigIntegerField()
    run = models.ForeignKey(SweepRun, on_delete=models.PROTECT, db_index=False)
    # Composite key (workspace, sweep) -> sweep (workspace, id), in SQL.
    sweep = models.ForeignKey(
        Sweep,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="slices",
    )
    # What kit.content_kinds calls it; a window is of one kind.
    kind = models.CharField(max_length=40, default="conversations")
    window_no = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    ids = ArrayField(models.BigIntegerField())
    digest = models.BinaryField()
    purged = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    messages = models.PositiveBigIntegerField(default=0)
    files = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    tried = models.PositiveIntegerField(default=0, db_default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    took_ms = models.PositiveIntegerField(default=0)
    keys = models.PositiveIntegerField(db_default=0)
    doom_first = models.BigIntegerField(null=True)
    doom_last = models.BigIntegerField(null=True)
    keys_claimed_at = models.DateTimeField(null=True)
    keys_destroyed_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["SweepSlice"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "window_no", "sweep"], name="sweepslice_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    n__gte=F("purged") + F("held") + F("skipped") + F("failed")
                ),
                name="sweepslice_counts_fit_its_plan",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True)
                | Q(n=F("purged") + F("held") + F("skipped") + F("failed")),
                name="sweepslice_done_accounts_for_all",
            ),
            models.CheckConstraint(
                condition=Q(keys=0, doom_first__isnull=True, doom_last__isnull=True)
                | Q(
                    keys__gt=0,
                    doom_first__isnull=False,
                    doom_last__isnull=False,
                    doom_first__lte=F("doom_last"),
                ),
                name="sweepslice_keys_have_a_place",
            ),
            models.CheckConstraint(
                condition=Q(keys_destroyed_at__isnull=True)
                | Q(keys_claimed_at__isnull=False, done_at__isnull=False),
                name="sweepslice_keys_destroyed_only_after_claim",
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "window_no"],
                name="sweepslice_undone",
                condition=Q(done_at__isnull=True),
            ),
            models.Index(
                fields=["id"],
                name="sweepslice_keys_waiting",
                condition=Q(keys__gt=0, keys_destroyed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"window {self.window_no} of {self.sweep_id}"


class DoomKind(models.TextChoices):
    """What waits to be destroyed."""

    KEY = "key"
    BLOB = "blob"


class Doom(models.Model):
    """One key or blob that must be destroyed, afterwards its tombstone.

    Inserted by the transaction that removes the content, so nothing is forgotten;
    claimed with a synchronous commit before the irreversible act, so that a lost
    commit cannot leave content without its key. The `sort_` columns let a list go on
    from a conversation that is gone. Orphan keys have no workspace, no sweep and no
    content. Data: random and internal ids, names of kinds, times.

    Keys that a batch took wait with their slice, which is claimed as a whole; orphan
    keys and blobs have no slice and wait one by one. No index holds a column that
    destroying sets for the keys of a slice: the update stays on its page (heap-only).
    """

    workspace_id = models.BigIntegerField(null=True)
    sweep = models.ForeignKey(
        Sweep,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
    )
    slice = models.ForeignKey(
        SweepSlice,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
    )
    is_waiting = models.BooleanField(db_default=True)
    kind = models.CharField(max_length=4, choices=DoomKind)
    object_id = models.UUIDField()
    content_kind = models.CharField(max_length=40, null=True)
    content_id = models.UUIDField(null=True)
    sort_id = models.BigIntegerField(null=True)
    sort_created_at = models.DateTimeField(null=True)
    sort_activity_at = models.DateTimeField(null=True)
    doomed_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    objects = WorkspaceManager["Doom"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="doom_once"),
            models.CheckConstraint(
                condition=Q(is_waiting=False)
                | Q(slice__isnull=True, destroyed_at__isnull=True),
                name="doom_waits_alone_or_with_its_slice",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=DoomKind.values), name="doom_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True) | Q(claimed_at__isnull=False),
                name="doom_destroyed_only_after_claim",
            ),
            models.CheckConstraint(
                condition=Q(content_kind__isnull=True, content_id__isnull=True)
                | Q(content_kind__isnull=False, content_id__isnull=False),
                name="doom_content_kind_and_id",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "id"],
                name="doom_waiting",
                condition=Q(is_waiting=True),
            ),
            models.Index(fields=["workspace_id", "content_id"], name="doom_tombstone"),
            # The page of a sweep counts its files, each second, among those of all
            # time; keys are counted by their slices.
            models.Index(
                fields=["sweep"],
                name="doom_blobs_of_sweep",
                condition=Q(kind="blob"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class OrphanSearch(models.Model):
    """How far the search for keys without content has come; one row.

    Keys up to this place have content or are doomed. Data: operational.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    made_at = models.DateTimeField()
    key_id = models.UUIDField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="orphansearch_is_one_row")
        ]

    def __str__(self) -> str:
        return f"keys made before {self.made_at}"
