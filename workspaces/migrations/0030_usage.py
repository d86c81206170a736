"""How often GPTs and connectors were used, by day."""

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import enable


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0029_projects_change_hands")]

    operations = [
        migrations.CreateModel(
            name="DailyUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("day", models.DateField()),
                ("kind", models.CharField(max_length=20)),
                ("number", models.PositiveBigIntegerField()),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "day", "kind"), name="daily_use_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["gpt", "connector"])),
                        name="daily_use_kind_known",
                    ),
                ],
            },
        ),
        enable("workspaces_dailyuse", sweeper=()),
    ]
