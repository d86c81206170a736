"""Sealed exports of matters, and the parts they lie in."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import cascade, composite_key, content_root, enable
from retention.holds.guarding import guard


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0019_left_members"),
        ("workspaces", "0030_usage"),
    ]

    operations = [
        migrations.CreateModel(
            name="MatterExport",
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
                ("owner_id", models.BigIntegerField(null=True)),
                (
                    "plan_written",
                    models.CharField(
                        choices=[
                            ("team", "team"),
                            ("enterprise", "enterprise"),
                            ("edu", "edu"),
                            ("api", "api"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key_id", models.UUIDField(unique=True)),
                ("key_made_at", models.DateTimeField()),
                ("sealed", models.BinaryField()),
                ("requested_by", models.CharField(max_length=64)),
                ("expected_n", models.PositiveBigIntegerField()),
                ("job_id", models.UUIDField(null=True)),
                ("byte_count", models.BigIntegerField(default=0)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("done", "Done"), ("stopped", "Stopped")],
                        max_length=10,
                        null=True,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField(null=True)),
                ("deleted_by", models.CharField(max_length=20, null=True)),
                (
                    "hold",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="retention.hold",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MatterExportPart",
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
                ("workspace_id", models.BigIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("kind", models.CharField(blank=True, default="", max_length=40)),
                ("last_id", models.BigIntegerField()),
                ("objects_n", models.PositiveIntegerField()),
                ("files_n", models.PositiveIntegerField()),
                ("withheld_n", models.PositiveIntegerField()),
                ("unreadable_n", models.PositiveIntegerField()),
                ("byte_count", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("blob_id", models.UUIDField(unique=True)),
                (
                    "export",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="parts",
                        to="retention.matterexport",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="matterexport",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["workspace", "deleted_at"],
                name="matterexport_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="matterexport",
            index=models.Index(
                fields=["workspace", "created_at"], name="matterexport_age"
            ),
        ),
        migrations.AddIndex(
            model_name="matterexport",
            index=models.Index(fields=["hold", "id"], name="matterexport_of_hold"),
        ),
        migrations.AddConstraint(
            model_name="matterexport",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="matterexport_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="matterexport",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner_id__isnull", True)),
                name="matterexport_is_nobodys",
            ),
        ),
        migrations.AddConstraint(
            model_name="matterexport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("plan_written__in", ["team", "enterprise", "edu", "api"])
                ),
                name="matterexport_plan_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="matterexport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("outcome__isnull", True)),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("outcome__in", ["done", "stopped"]),
                    ),
                    _connector="OR",
                ),
                name="matterexport_ended_with_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="matterexport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("deleted_at__isnull", True), ("deleted_by__isnull", True)
                    ),
                    models.Q(
                        ("deleted_at__isnull", False), ("deleted_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="matterexport_deleted_who_and_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="matterexportpart",
            constraint=models.UniqueConstraint(
                fields=("export", "number"), name="matterexportpart_once"
            ),
        ),
        *content_root(
            "retention_matterexport",
            changes=("byte_count", "outcome", "ended_at"),
        ),
        guard("retention_matterexport", kinds=["matter_exports"]),
        composite_key(
            "retention_matterexport",
            columns="workspace_id, hold_id",
            parent="retention_hold",
            to="workspace_id, id",
        ),
        enable("retention_matterexportpart", app=("select", "insert")),
        cascade(
            "retention_matterexportpart",
            columns="workspace_id, export_id",
            parent="retention_matterexport",
            to="workspace_id, id",
        ),
    ]
