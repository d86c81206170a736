"""What is timestamped of each epoch of the installation's log, and when to ask."""

from django.db import models
from django.db.models import Q

from kit.scoping import OrganizationManager


class Problem(models.TextChoices):
    """Why the newest request to the authority brought no timestamp."""

    UNREACHABLE = "unreachable"
    NOT_GRANTED = "not_granted"
    BAD_ANSWER = "bad_answer"


class AuditTimestamp(models.Model):
    """One epoch of the site's log (organization id 0), as far as it is timestamped.

    `note` is the newest head with a timestamp, over `stamped_size` entries; `stamp` is
    the authority's whole answer about it. Data: none personal.
    """

    pk = models.CompositePrimaryKey("organization_id", "epoch")
    organization_id = models.BigIntegerField()
    epoch = models.IntegerField()
    stamped_size = models.BigIntegerField(default=0)
    note = models.TextField(default="")
    stamp = models.BinaryField(null=True)
    stamped_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    problem = models.TextField(choices=Problem.choices, default="", blank=True)

    objects = OrganizationManager["AuditTimestamp"]()

    class Meta:
        db_table = "audit_timestamp"
        constraints = [
            models.CheckConstraint(
                condition=Q(stamped_size=0, note="", stamp=None, stamped_at=None)
                | Q(stamped_size__gt=0, stamp__isnull=False, stamped_at__isnull=False)
                & ~Q(note=""),
                name="audit_timestamp_stamped_whole",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None, problem="")
                | Q(failures__gt=0, failing_since__isnull=False) & ~Q(problem=""),
                name="audit_timestamp_problem_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}/{self.stamped_size} timestamped"
