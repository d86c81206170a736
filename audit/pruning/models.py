"""For how long one organization keeps entries, and how far its log is pruned."""

from django.db import models
from django.db.models import Q

from audit.log.pruned import Boundary
from audit.pruning.rules import LONGEST_DAYS, SHORTEST_DAYS, TILE
from kit.scoping import OrganizationManager


class AuditPruning(models.Model):
    """The days that an organization set, how far its log is pruned, and an open run.

    `days` is null where entries stay for ever. Everything before (`done_epoch`,
    `done_index`) is gone. While a run is open it goes on to (`until_epoch`,
    `until_index`), from `goes_from` on; `plan_id` is the entry that says so and
    `number` that of the last record. Data: operational.
    """

    organization_id = models.BigIntegerField(primary_key=True)
    days = models.IntegerField(null=True)
    due_at = models.DateTimeField()
    done_epoch = models.IntegerField(default=1)
    done_index = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    until_epoch = models.IntegerField(null=True)
    until_index = models.BigIntegerField(null=True)
    goes_from = models.DateTimeField(null=True)
    plan_id = models.BigIntegerField(null=True)
    number = models.BigIntegerField(default=0)
    entries_n = models.BigIntegerField(default=0)

    objects = OrganizationManager["AuditPruning"]()

    class Meta:
        db_table = "audit_pruning"
        constraints = [
            models.CheckConstraint(
                condition=Q(days__gte=SHORTEST_DAYS, days__lte=LONGEST_DAYS),
                name="audit_pruning_days_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(
                    until_epoch__isnull=True,
                    until_index__isnull=True,
                    goes_from__isnull=True,
                    plan_id__isnull=True,
                )
                | Q(
                    until_epoch__isnull=False,
                    until_index__isnull=False,
                    goes_from__isnull=False,
                    plan_id__isnull=False,
                ),
                name="audit_pruning_run_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(done_epoch__gte=1, done_index__gte=0),
                name="audit_pruning_done_is_a_place",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="audit_pruning_due")]

    @property
    def done(self) -> Boundary:
        """The place before which nothing is left."""
        return Boundary(epoch=self.done_epoch, index=self.done_index)

    def __str__(self) -> str:
        return f"{self.days} days of {self.organization_id}, tiles of {TILE}"
