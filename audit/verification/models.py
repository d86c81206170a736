"""What verifications found: the row behind the badge and the Verify button."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager


class State(models.TextChoices):
    """How far a verification is."""

    DUE = "due"
    DONE = "done"


class AuditVerification(models.Model):
    """One recomputation of a log from its entries to its signed heads.

    Of `pruned` entries only the hashes were there. It is sound when it is done and
    `finding` is empty; otherwise `first_bad_index` is the first entry of `bad_epoch`
    that does not hold. A worker is at it until `leased_until` (database time), and the
    next one begins anew. Data: none personal.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    entries = models.BigIntegerField(default=0)
    checked = models.BigIntegerField(default=0)
    pruned = models.BigIntegerField(default=0)
    finding = models.CharField(max_length=20, default="")
    bad_epoch = models.IntegerField(null=True)
    first_bad_index = models.BigIntegerField(null=True)

    objects = OrganizationManager["AuditVerification"]()

    class Meta:
        db_table = "audit_verification"
        indexes = [
            models.Index(
                fields=["organization_id", "-requested_at", "-id"],
                name="audit_verification_newest",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=State.values),
                name="audit_verification_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.DONE, ended_at__isnull=False)
                | (~models.Q(state=State.DONE) & models.Q(ended_at__isnull=True)),
                name="audit_verification_ends_when_done",
            ),
            models.CheckConstraint(
                condition=models.Q(finding="", first_bad_index__isnull=True)
                | (~models.Q(finding="") & models.Q(first_bad_index__isnull=False)),
                name="audit_verification_finding_names_an_entry",
            ),
        ]

    @property
    def is_sound(self) -> bool:
        """It ended and found nothing."""
        return self.state == State.DONE and not self.finding

    def __str__(self) -> str:
        return f"verification {self.public_id} {self.state}"
