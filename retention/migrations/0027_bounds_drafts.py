"""Drafts and lists of what they purge may be about a floor and a ceiling."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0026_closing"),
        ("workspaces", "0032_closing"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="policydraft",
            name="policydraft_one_under_way",
        ),
        migrations.AddField(
            model_name="policydraft",
            name="ceiling_days",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="policydraft",
            name="floor_days",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="policydraft",
            name="is_bounds",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="purgelist",
            name="ceiling_days",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="purgelist",
            name="floor_days",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="purgelist",
            name="is_bounds",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ceiling_days__isnull", True),
                        ("floor_days__isnull", True),
                        ("is_bounds", False),
                    ),
                    models.Q(
                        ("days__isnull", True),
                        ("is_bounds", True),
                        ("is_withdrawal", False),
                        ("scope_kind", "workspace"),
                    ),
                    _connector="OR",
                ),
                name="policydraft_bounds_of_the_workspace",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["awaiting", "scheduled"])),
                fields=(
                    "workspace",
                    "scope_kind",
                    "membership_id",
                    "group_id",
                    "project_id",
                    "content_kind",
                    "is_bounds",
                ),
                name="policydraft_one_under_way",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ceiling_days__isnull", True),
                        ("floor_days__isnull", True),
                        ("is_bounds", False),
                    ),
                    models.Q(
                        ("days__isnull", True),
                        ("is_bounds", True),
                        ("is_withdrawal", False),
                        ("scope_kind", "workspace"),
                    ),
                    _connector="OR",
                ),
                name="purgelist_bounds_of_the_workspace",
            ),
        ),
    ]
