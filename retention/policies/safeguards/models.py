"""What stands between a policy and an irreversible surprise, set per workspace."""

from django.db import models
from django.db.models import Q

from kit.scoping import WorkspaceManager

FACTOR = 5
MINIMUM = 1_000
PERCENT = 50


class Safeguards(models.Model):
    """The safeguards of one workspace; where there is no row the defaults count.

    `approval_percent` and `approval_number` say from how much newly due on a second
    person must approve; both null asks nobody. A sweep stops before its first batch
    where what nobody announced is above `breaker_minimum` and either more than
    `breaker_factor` times the usual or more than `breaker_percent` of what is stored.
    Data: metadata.
    """

    workspace = models.OneToOneField("workspaces.Workspace", on_delete=models.PROTECT)
    approval_percent = models.PositiveSmallIntegerField(null=True)
    approval_number = models.PositiveIntegerField(null=True)
    breaker_factor = models.PositiveSmallIntegerField(default=FACTOR)
    breaker_minimum = models.PositiveIntegerField(default=MINIMUM)
    breaker_percent = models.PositiveSmallIntegerField(default=PERCENT)

    objects = WorkspaceManager["Safeguards"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approval_percent__isnull=True)
                | Q(approval_percent__gte=1, approval_percent__lte=100),
                name="safeguards_approval_percent",
            ),
            models.CheckConstraint(
                condition=Q(approval_number__isnull=True) | Q(approval_number__gte=1),
                name="safeguards_approval_number",
            ),
            models.CheckConstraint(
                condition=Q(breaker_factor__gte=2, breaker_factor__lte=100),
                name="safeguards_breaker_factor",
            ),
            models.CheckConstraint(
                condition=Q(breaker_percent__gte=1, breaker_percent__lte=100),
                name="safeguards_breaker_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"safeguards of {self.workspace_id}"


class Announcement(models.Model):
    """How much somebody was told a sweep takes, from a moment on.

    The preview of a policy that took force announces its weeks; a person who lets a
    stopped sweep go on announces its number. `is_agreed` says that a second person saw
    it too, or the operator answers for it. Data: counts and random ids.
    """

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.PROTECT)
    begins_at = models.DateTimeField()
    objects_n = models.PositiveBigIntegerField()
    announced_at = models.DateTimeField()
    announced_by = models.CharField(max_length=64)
    is_agreed = models.BooleanField(default=False)

    objects = WorkspaceManager["Announcement"]()

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "begins_at"], name="announcement_by_begin"
            )
        ]

    def __str__(self) -> str:
        return f"{self.objects_n} from {self.begins_at}"
