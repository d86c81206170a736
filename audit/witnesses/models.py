"""What the witness knows of each epoch of the installation's log, and when to ask."""

from django.db import models
from django.db.models import Q

from audit.anchors.models import Attested, problem_whole
from kit.scoping import OrganizationManager


class Problem(models.TextChoices):
    """Why the newest request to the witness brought no cosignature."""

    UNREACHABLE = "unreachable"
    UNKNOWN_LOG = "unknown_log"
    UNKNOWN_KEY = "unknown_key"
    FORK = "fork"
    AHEAD = "ahead"
    BAD_ANSWER = "bad_answer"


class AuditWitness(Attested):
    """One epoch of the site's log (organization id 0), as the witness knows it.

    `note` is the newest head that it cosigned, over `cosigned_size` entries, and
    `known_size` the size that it says it has. Data: none personal.
    """

    known_size = models.BigIntegerField(default=0)
    cosigned_size = models.BigIntegerField(default=0)
    cosigned_at = models.DateTimeField(null=True)
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
            problem_whole("audit_witness_problem_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}/{self.cosigned_size} at the witness"
