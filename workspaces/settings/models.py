"""Policy texts of workspaces, and who acknowledged which version when."""

from django.db import models

from kit.scoping import WorkspaceManager


class PolicyText(models.Model):
    """One version of the rules that a workspace's members acknowledge.

    Written once; an empty text ends the policy. Data: `text` is business data, no
    content; `set_by` is a random id.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    version = models.PositiveIntegerField()
    text = models.TextField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=64)

    objects = WorkspaceManager["PolicyText"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "version"], name="policytext_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="policytext_version_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version} of {self.workspace_id}"


class Acknowledgement(models.Model):
    """One member's acknowledgement of one version; written once, never changed.

    Each counts for 30 days. Data: metadata about a person's act.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    # Composite key (workspace, membership) -> membership (workspace, id), in SQL; so
    # is (workspace, version) -> policy text.
    membership = models.ForeignKey(
        "workspaces.Membership",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
    )
    version = models.PositiveIntegerField()
    acknowledged_at = models.DateTimeField()

    objects = WorkspaceManager["Acknowledgement"]()

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "membership", "version", "acknowledged_at"],
                name="acknowledgement_of_member",
            ),
            models.Index(
                fields=["workspace", "version", "acknowledged_at"],
                name="acknowledgement_of_version",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version} by {self.membership_id}"
