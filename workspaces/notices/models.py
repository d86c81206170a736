"""Mail that is due, as rows: losing the broker or the mail server only delays it."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager


class Notice(models.Model):
    """One message to one person, until it is sent or given up.

    Data: `email`, `subject` and `text` are personal data; content of conversations
    never stands in a notice.
    """

    organization = models.ForeignKey(
        "workspaces.Organization", on_delete=models.PROTECT
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=60)
    email = models.CharField(max_length=254, db_collation="C")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects = OrganizationManager["Notice"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True)
                | models.Q(given_up_at__isnull=True),
                name="notice_sent_or_given_up",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="notice_due",
                condition=models.Q(sent_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(
                fields=["organization", "created_at", "id"], name="notice_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
