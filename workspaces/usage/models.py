"""How often things were used, by workspace and day; nobody's name and no object."""

from django.db import models

from kit.scoping import WorkspaceManager
from workspaces.usage.uses import Use


class DailyUse(models.Model):
    """How often one kind of thing was used on one day (UTC) in a workspace.

    Data: counts.
    """

    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, db_index=False
    )
    day = models.DateField()
    kind = models.CharField(max_length=20)
    number = models.PositiveBigIntegerField()

    objects = WorkspaceManager["DailyUse"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day", "kind"], name="daily_use_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[one.value for one in Use]),
                name="daily_use_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}"
