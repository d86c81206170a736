"""The rows of saved views."""

import uuid

from django.db import models

from kit.scoping import OrganizationManager


class AuditSavedView(models.Model):
    """A name for a query on the log of an organization, or of one workspace of it.

    Data: `owner` is the public id of the person who saved it (personal); `name` and
    `query` are the organization's words. A shared one is seen by all who read the log.
    """

    organization_id = models.BigIntegerField()
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    workspace = models.UUIDField(null=True)
    owner = models.UUIDField()
    name = models.CharField(max_length=60)
    query = models.TextField()
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = OrganizationManager["AuditSavedView"]()

    class Meta:
        db_table = "audit_saved_view"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "workspace", "owner", "name"],
                name="audit_saved_view_name_is_free",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""), name="audit_saved_view_has_a_name"
            ),
        ]

    def __str__(self) -> str:
        return f"view {self.public_id}"
