"""What the witness knows of each epoch of the installation's log, and when to ask."""

from django.db import models
from django.db.models import Q

from kit.scoping import OrganizationManager


class Problem(models.TextChoices):
    """Why the newest request to the witness brought no cosignature."""

    UNREACHABLE = "unreachable"
    UNKNOWN_LOG = "unknown_log"
    UNKNOWN_KEY = "unknown_key"
    FORK = "fork"
    AHEAD = "ahead"
    BAD_ANSWER = "bad_answer"


class AuditWitness(models.Model):
    """One epoch of the site's log (organization id 0), as the witness knows it.

    `note` is the newest head that it cosigned, over `cosigned_size` entries, and
    `known_size` the size that it says it has. Data: none personal.
    """

    pk = models.CompositePrimaryKey("organization_id", "epoch")
    organization_id = models.BigIntegerField()
    epoch = models.IntegerField()
    known_size = models.BigIntegerField(default=0)
    cosigned_size = models.BigIntegerField(default=0)
    note = models.TextField(default="")
    cosigned_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    problem = models.TextField(choices=Problem.choices, default="", blank=True)

    objects = OrganizationManager["AuditWitness"]()

    class Meta:
        db_table = "audit_witness"
        constraints = [
            models.CheckConstraint(
                condition=Q(cosigned_size=0, note="", cosigned_at=None)
                | Q(cosigned_size__gt=0, cosigned_at__isnull=False) & ~Q(note=""),
                name="audit_witness_cosigned_whole",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None, problem="")
                | Q(failures__gt=0, failing_since__isnull=False) & ~Q(problem=""),
                name="audit_witness_problem_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}/{self.cosigned_size} at the witness"
