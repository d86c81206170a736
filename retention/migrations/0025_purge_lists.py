"""What the first sweep of a scheduled draft will purge, kept item by item."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import cascade, composite_key, enable


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0024_failed_exports"),
        ("workspaces", "0031_kinds_by_age"),
    ]

    operations = [
        migrations.CreateModel(
            name="PurgeList",
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
                ("revision", models.PositiveIntegerField()),
                ("scope_kind", models.CharField(max_length=20)),
                ("membership_id", models.BigIntegerField(null=True)),
                ("group_id", models.BigIntegerField(null=True)),
                ("project_id", models.BigIntegerField(null=True)),
                ("content_kind", models.CharField(max_length=40)),
                ("days", models.PositiveIntegerField(null=True)),
                ("undo_days", models.PositiveSmallIntegerField()),
                ("is_withdrawal", models.BooleanField()),
                ("version", models.PositiveIntegerField()),
                ("in_force_at", models.DateTimeField()),
                ("first_sweep_at", models.DateTimeField()),
                ("requested_at", models.DateTimeField()),
                ("expected_n", models.PositiveBigIntegerField()),
                ("listed_at", models.DateTimeField(null=True)),
                ("listed_n", models.PositiveBigIntegerField(null=True)),
                ("held_n", models.PositiveBigIntegerField(null=True)),
                ("highest_id", models.BigIntegerField(null=True)),
                ("digest", models.BinaryField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("outcome", models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PurgeListItem",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "purge_list_id",
                        "object_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("workspace_id", models.BigIntegerField()),
                ("purge_list_id", models.BigIntegerField()),
                ("object_id", models.BigIntegerField()),
                ("public_id", models.UUIDField()),
                ("clock", models.DateTimeField()),
                ("owner_id", models.BigIntegerField(null=True)),
                ("project_id", models.BigIntegerField(null=True)),
                ("is_temporary", models.BooleanField()),
                ("was_deleted", models.BooleanField()),
                ("is_held", models.BooleanField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="incident",
            name="incident_kind_known",
        ),
        migrations.AlterField(
            model_name="incident",
            name="kind",
            field=models.CharField(
                choices=[
                    ("nothing_purged", "Nothing Purged"),
                    ("stuck", "Stuck"),
                    ("canary", "Canary"),
                    ("residue", "Residue"),
                    ("drift", "Drift"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["nothing_purged", "stuck", "canary", "residue", "drift"],
                    )
                ),
                name="incident_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="purgelist",
            name="draft",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="lists",
                to="retention.policydraft",
            ),
        ),
        migrations.AddField(
            model_name="purgelist",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddIndex(
            model_name="purgelist",
            index=models.Index(
                fields=["workspace", "draft", "id"], name="purgelist_of_draft"
            ),
        ),
        migrations.AddIndex(
            model_name="purgelist",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)),
                fields=["first_sweep_at"],
                name="purgelist_unsettled",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelist",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="purgelist_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("group_id__isnull", True),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", True),
                        ("scope_kind", "workspace"),
                    ),
                    models.Q(
                        ("group_id__isnull", False),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", True),
                        ("scope_kind", "group"),
                    ),
                    models.Q(
                        ("group_id__isnull", True),
                        ("membership_id__isnull", False),
                        ("project_id__isnull", True),
                        ("scope_kind", "member"),
                    ),
                    models.Q(
                        ("group_id__isnull", True),
                        ("membership_id__isnull", True),
                        ("project_id__isnull", False),
                        ("scope_kind", "project"),
                    ),
                    _connector="OR",
                ),
                name="purgelist_scope_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("digest__isnull", True),
                        ("held_n__isnull", True),
                        ("highest_id__isnull", True),
                        ("listed_at__isnull", True),
                        ("listed_n__isnull", True),
                    ),
                    models.Q(
                        ("digest__isnull", False),
                        ("held_n__isnull", False),
                        ("highest_id__isnull", False),
                        ("listed_at__isnull", False),
                        ("listed_n__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="purgelist_listed_as_a_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="purgelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__isnull", True), ("settled_at__isnull", True)),
                    models.Q(
                        ("listed_at__isnull", False),
                        ("outcome__isnull", False),
                        ("settled_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="purgelist_settled_with_an_outcome",
            ),
        ),
        enable("retention_purgelist", sweeper=("select", "delete")),
        enable("retention_purgelistitem", app=("select", "insert")),
        composite_key(
            "retention_purgelist",
            columns="workspace_id, draft_id",
            parent="retention_policydraft",
            to="workspace_id, id",
        ),
        cascade(
            "retention_purgelistitem",
            columns="workspace_id, purge_list_id",
            parent="retention_purgelist",
            to="workspace_id, id",
        ),
    ]
