"""Sweeps that were stopped before their first batch."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, enable


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0013_policy_drafts"),
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="SweepStop",
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
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("sweep_id", models.BigIntegerField()),
                ("cause", models.CharField(max_length=20)),
                ("planned_n", models.PositiveBigIntegerField()),
                ("announced_n", models.PositiveBigIntegerField()),
                ("usual_n", models.PositiveBigIntegerField(null=True)),
                ("stored_n", models.PositiveBigIntegerField()),
                ("stopped_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("confirmed_by", models.CharField(default="", max_length=64)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("told_at__isnull", True)),
                        fields=["id"],
                        name="sweepstop_untold",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["multiple", "share"])),
                        name="sweepstop_cause_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("workspace",),
                        name="sweepstop_one_open",
                    ),
                    models.UniqueConstraint(
                        fields=("sweep_id",), name="sweepstop_sweep_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", ""),
                            ("ended_at__isnull", False),
                            _connector="OR",
                        ),
                        name="sweepstop_confirmed_is_over",
                    ),
                ],
            },
        ),
        enable("retention_sweepstop", sweeper=("select", "insert", "update")),
        composite_key(
            "retention_sweepstop",
            columns="workspace_id, sweep_id",
            parent="retention_sweep",
            to="workspace_id, id",
        ),
    ]
