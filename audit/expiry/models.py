"""For how long one organization keeps details, and how far its run is."""

from django.db import models
from django.db.models import F, Q

from audit.expiry.rules import LONGEST_DAYS, SHORTEST_DAYS
from kit.scoping import OrganizationManager


class AuditExpiry(models.Model):
    """The days that an organization set, and its newest run.

    While a run is open, `until` is the time before which details go, and the cursor
    (`at`, `epoch`, `index`) the last entry that was looked at. Nothing made before
    `floor_at` has details any more: runs begin there. `longer_days` is the most that
    it was shortly before `shortened_at`: entries go by that for their own grace, since
    none goes before its details. Data: operational.
    """

    organization_id = models.BigIntegerField(primary_key=True)
    days = models.IntegerField()
    longer_days = models.IntegerField(null=True)
    shortened_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    floor_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    at = models.DateTimeField(null=True)
    epoch = models.IntegerField(default=0)
    index = models.BigIntegerField(default=-1)
    entries_n = models.BigIntegerField(default=0)
    details_n = models.BigIntegerField(default=0)
    kept_n = models.BigIntegerField(default=0)
    kept_from = models.DateTimeField(null=True)

    objects = OrganizationManager["AuditExpiry"]()

    class Meta:
        db_table = "audit_expiry"
        constraints = [
            models.CheckConstraint(
                condition=Q(days__gte=SHORTEST_DAYS, days__lte=LONGEST_DAYS),
                name="audit_expiry_days_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(longer_days__isnull=True, shortened_at__isnull=True)
                | Q(
                    longer_days__isnull=False,
                    longer_days__gt=F("days"),
                    shortened_at__isnull=False,
                ),
                name="audit_expiry_shortened_from_and_when",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="audit_expiry_due")]

    def __str__(self) -> str:
        return f"{self.days} days of {self.organization_id}"
