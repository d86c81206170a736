"""The rows of the audit log: entries, their erasable details, and the seals over them.

No row refers to another app, and nothing here is ever changed in place except the
sequencer's own state, the name of a log and the actor of an erased entry. Entries,
blocks, tiles and logs refuse UPDATE, DELETE and TRUNCATE by trigger;
docs/audit-format.md says what each column means to a verifier.
"""

from django.db import models
from django.db.models.functions import Now

from audit.log.fields import CurrentTransactionId, TransactionIdField
from kit.scoping import OrganizationManager

SITE = 0
"""The organization id of the installation's own log."""


class AuditLog(models.Model):
    """One log: an organization's, or the site's under organization id 0.

    Data: `slug` and `name` are copies, so that the log names its organization after
    that is gone, and may follow it; all else is fixed. `origin` is the name in every
    checkpoint, without the epoch; `key_id` names the vault key that seals the details.
    """

    organization_id = models.BigIntegerField(primary_key=True)
    uuid = models.UUIDField(unique=True)
    origin = models.TextField(unique=True)
    slug = models.TextField()
    name = models.TextField()
    key_id = models.UUIDField()
    opened_at = models.DateTimeField()

    objects = OrganizationManager["AuditLog"]()

    class Meta:
        db_table = "audit_log"

    def __str__(self) -> str:
        return self.origin


class AuditEntry(models.Model):
    """One event, written inside the transaction that it tells about.

    Data: `leaf` holds ids, commitments and fixed fields, no personal data. The order
    of all entries is (epoch, xid, id): fixed as soon as no older transaction runs.
    """

    id = models.BigAutoField(primary_key=True)
    organization_id = models.BigIntegerField()
    epoch = models.IntegerField(db_default=1)
    xid = TransactionIdField(db_default=CurrentTransactionId())
    leaf = models.BinaryField()

    objects = OrganizationManager["AuditEntry"]()

    class Meta:
        db_table = "audit_entry"
        indexes = [
            models.Index(fields=["epoch", "xid", "id"], name="audit_entry_order"),
            models.Index(
                fields=["organization_id", "epoch", "xid", "id"],
                name="audit_entry_of_organization",
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.id} of {self.organization_id}"


class Part(models.TextChoices):
    """Whose data a row of details is: it can be erased without the other part."""

    ACTOR = "actor"
    EVENT = "event"


class AuditDetail(models.Model):
    """What a leaf's commitments stand for; deleting the row leaves every proof valid.

    Data: personal. `sealed` opens to {field: [salt, value]}; `subject` is the public id
    of the actor, for erasure and for the list's filter. A trigger demands the entry in
    the same log, so that no organization claims what another one is about to write.
    """

    pk = models.CompositePrimaryKey("organization_id", "entry_id", "part")
    organization_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    part = models.CharField(max_length=10, choices=Part)
    subject = models.TextField(default="")
    sealed = models.BinaryField()

    objects = OrganizationManager["AuditDetail"]()

    class Meta:
        db_table = "audit_detail"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(part__in=Part.values), name="audit_detail_part_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} of entry {self.entry_id}"


class AuditSequencer(models.Model):
    """The one row that says how far the log is sealed.

    Data: none personal. `epoch` is the column default of entries, raised only by
    opening a new epoch; `system_identifier` names the database cluster.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.IntegerField()
    bound_epoch = models.IntegerField()
    bound_xid = TransactionIdField()
    bound_id = models.BigIntegerField()
    system_identifier = models.BigIntegerField()

    class Meta:
        db_table = "audit_sequencer"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1), name="audit_sequencer_is_one_row"
            ),
        ]

    def __str__(self) -> str:
        return f"({self.bound_epoch}, {self.bound_xid}, {self.bound_id})"


class AuditRefusal(models.Model):
    """A log that the sequencer refuses to sign, while it seals all others.

    Data: none personal; `reason` names the log and what disagrees. Entries beyond
    (`after_epoch`, `after_xid`, `after_id`) wait until the log agrees again.
    """

    organization_id = models.BigIntegerField(primary_key=True)
    reason = models.TextField()
    since = models.DateTimeField()
    after_epoch = models.IntegerField()
    after_xid = TransactionIdField()
    after_id = models.BigIntegerField()

    objects = OrganizationManager["AuditRefusal"]()

    class Meta:
        db_table = "audit_refusal"

    def __str__(self) -> str:
        return self.reason


class AuditBlock(models.Model):
    """A run of entries of one log that was sealed under one signed checkpoint.

    Data: none personal. `hashes` are the leaf hashes of the run and `peaks` the tree's
    complete subtrees after it, both concatenated; `note` is the signed checkpoint. The
    primary key is the last line of defense against two sequencers.
    """

    pk = models.CompositePrimaryKey("organization_id", "epoch", "first")
    organization_id = models.BigIntegerField()
    epoch = models.IntegerField()
    first = models.BigIntegerField()
    n = models.IntegerField()
    first_epoch = models.IntegerField()
    first_xid = TransactionIdField()
    first_id = models.BigIntegerField()
    last_epoch = models.IntegerField()
    last_xid = TransactionIdField()
    last_id = models.BigIntegerField()
    hashes = models.BinaryField()
    peaks = models.BinaryField()
    root = models.BinaryField()
    note = models.TextField()
    sealed_at = models.DateTimeField(db_default=Now())

    objects = OrganizationManager["AuditBlock"]()

    class Meta:
        db_table = "audit_block"
        indexes = [
            models.Index(
                fields=["organization_id", "first_epoch", "first_xid", "first_id"],
                name="audit_block_by_entry",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(n__gt=0, n__lte=1024), name="audit_block_size"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.n} from {self.first} of {self.organization_id}"


class AuditTile(models.Model):
    """A complete C2SP tile: 256 hashes, and the root over them.

    Data: none personal; derived from the blocks, can be rebuilt and compared.
    """

    pk = models.CompositePrimaryKey("organization_id", "epoch", "level", "number")
    organization_id = models.BigIntegerField()
    epoch = models.IntegerField()
    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()

    objects = OrganizationManager["AuditTile"]()

    class Meta:
        db_table = "audit_tile"

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number} of {self.organization_id}"


class AuditFacet(models.Model):
    """What the list filters on, for one sealed entry; written by the sequencer.

    Data: `actor` is a public id (personal, erasable) or the name of a system part. All
    other columns repeat the leaf; pages show the leaf, never the facet.
    """

    pk = models.CompositePrimaryKey("organization_id", "epoch", "index")
    organization_id = models.BigIntegerField()
    epoch = models.IntegerField()
    index = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    at = models.DateTimeField()
    action = models.TextField()
    outcome = models.TextField()
    actor_kind = models.TextField()
    actor = models.TextField()
    target_kind = models.TextField()
    target_id = models.UUIDField(null=True)
    workspace = models.UUIDField(null=True)

    objects = OrganizationManager["AuditFacet"]()

    class Meta:
        db_table = "audit_facet"
        # The list and its counts go by time; the log's own order is the primary key.
        indexes = [
            models.Index(
                fields=["organization_id", "at", "epoch", "index"],
                name="audit_facet_by_time",
            ),
            models.Index(
                fields=["organization_id", "action", "at", "epoch", "index"],
                name="audit_facet_by_act",
            ),
            models.Index(
                fields=["organization_id", "actor", "at", "epoch", "index"],
                name="audit_facet_by_who",
            ),
            models.Index(
                fields=["organization_id", "actor_kind", "at", "epoch", "index"],
                name="audit_facet_by_kind",
            ),
            # A kind of few entries would else be looked for in all of them.
            models.Index(
                fields=["organization_id", "target_kind", "at", "epoch", "index"],
                name="audit_facet_by_object",
            ),
            models.Index(
                fields=["organization_id", "outcome", "at", "epoch", "index"],
                name="audit_facet_unsuccessful",
                condition=~models.Q(outcome="success"),
            ),
            # Refused acts of one kind, for the timeline and the counts: else all acts
            # of that kind would be read for them.
            models.Index(
                fields=["organization_id", "outcome", "action", "at", "epoch", "index"],
                name="audit_facet_failed_acts",
                condition=~models.Q(outcome="success"),
                include=["actor_kind"],
            ),
            models.Index(
                fields=["organization_id", "workspace", "at", "epoch", "index"],
                name="audit_facet_by_workspace",
                condition=models.Q(workspace__isnull=False),
            ),
            models.Index(
                fields=["organization_id", "target_id", "at", "epoch", "index"],
                name="audit_facet_by_target",
                condition=models.Q(target_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.index} of {self.organization_id}"
