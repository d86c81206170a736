"""What is timestamped of each epoch of the installation's log, and when to ask."""

from django.db import models
from django.db.models import Q

from audit.anchors.models import Attested, problem_whole
from kit.scoping import OrganizationManager


class Problem(models.TextChoices):
    """Why the newest request to the authority brought no timestamp."""

    UNREACHABLE = "unreachable"
    NOT_GRANTED = "not_granted"
    BAD_ANSWER = "bad_answer"


class AuditTimestamp(Attested):
    """One epoch of the site's log (organization id 0), as far as it is timestamped.

    `note` is the newest head with a timestamp, over `stamped_size` entries; `stamp` is
    the authority's whole answer about it. Data: none personal.
    """

    stamped_size = models.BigIntegerField(default=0)
    stamp = models.BinaryField(null=True)
    stamped_at = models.DateTimeField(null=True)
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
            problem_whole("audit_timestamp_problem_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}/{self.stamped_size} timestamped"
