"""Where the heads of an organization's log stand in the log of the installation."""

from django.db import models
from django.db.models import Q

from kit.scoping import OrganizationManager


class AuditAnchor(models.Model):
    """One head of one log, named by an entry of the site's log in one hour.

    Data: none personal. `leaf`, `proof` (hashes, concatenated) and `note` (the signed
    head of the site's log) are there once that entry is sealed: whoever has them can
    check the anchor without the site's log, which no organization may read.
    `site_epoch` and `index` are the entry's place there. `cosigned` is a head of that
    epoch that a witness signed as well, `cosigned_proof` how the entry leads to it, and
    `cosigned_at` when the witness says it did. `stamped`, `stamped_proof`, `stamp` (the
    answer of an authority, RFC 3161) and `stamped_at` are the like for a time.
    """

    pk = models.CompositePrimaryKey("organization_id", "hour")
    organization_id = models.BigIntegerField()
    hour = models.DateTimeField()
    anchored_at = models.DateTimeField()
    epoch = models.IntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    entry_id = models.BigIntegerField()
    index = models.BigIntegerField(null=True)
    leaf = models.BinaryField(null=True)
    proof = models.BinaryField(null=True)
    note = models.TextField(default="")
    site_epoch = models.IntegerField(null=True)
    cosigned = models.TextField(default="")
    cosigned_proof = models.BinaryField(null=True)
    cosigned_at = models.DateTimeField(null=True)
    stamped = models.TextField(default="")
    stamped_proof = models.BinaryField(null=True)
    stamp = models.BinaryField(null=True)
    stamped_at = models.DateTimeField(null=True)

    objects = OrganizationManager["AuditAnchor"]()

    class Meta:
        db_table = "audit_anchor"
        indexes = [
            models.Index(
                fields=["entry_id"],
                name="audit_anchor_unproven",
                condition=Q(index__isnull=True),
            ),
            models.Index(
                fields=["site_epoch", "entry_id"],
                name="audit_anchor_unwitnessed",
                condition=Q(site_epoch__isnull=False, cosigned_at__isnull=True),
            ),
            models.Index(
                fields=["site_epoch", "entry_id"],
                name="audit_anchor_unstamped",
                condition=Q(site_epoch__isnull=False, stamped_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(index=None, leaf=None, proof=None, note="", site_epoch=None)
                | Q(
                    index__isnull=False,
                    leaf__isnull=False,
                    proof__isnull=False,
                    site_epoch__isnull=False,
                )
                & ~Q(note=""),
                name="audit_anchor_proven_whole",
            ),
            models.CheckConstraint(
                condition=Q(cosigned="", cosigned_proof=None, cosigned_at=None)
                | Q(
                    cosigned_proof__isnull=False,
                    cosigned_at__isnull=False,
                    index__isnull=False,
                )
                & ~Q(cosigned=""),
                name="audit_anchor_cosigned_whole",
            ),
            models.CheckConstraint(
                condition=Q(stamped="", stamped_proof=None, stamp=None, stamped_at=None)
                | Q(
                    stamped_proof__isnull=False,
                    stamp__isnull=False,
                    stamped_at__isnull=False,
                    index__isnull=False,
                )
                & ~Q(stamped=""),
                name="audit_anchor_stamped_whole",
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0), name="audit_anchor_has_entries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}/{self.size} of {self.organization_id}"


class Attested(models.Model):
    """One epoch of the site's log, as far as somebody outside attests it.

    `note` is the newest head that they did; each kind adds when, over how many entries
    and what they said. Data: none personal.
    """

    pk = models.CompositePrimaryKey("organization_id", "epoch")
    organization_id = models.BigIntegerField()
    epoch = models.IntegerField()
    note = models.TextField(default="")
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    problem = models.TextField(default="", blank=True)

    class Meta:
        abstract = True


def problem_whole(name: str) -> models.CheckConstraint:
    """That a failure has its count, its beginning and its problem, or none of them."""
    return models.CheckConstraint(
        condition=Q(failures=0, failing_since=None, problem="")
        | Q(failures__gt=0, failing_since__isnull=False) & ~Q(problem=""),
        name=name,
    )
