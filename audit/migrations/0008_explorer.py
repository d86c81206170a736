"""Saved views of the log, and the indexes by which its list goes by time."""

import uuid

from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import By, enable

_ROLES = settings.DATABASE_ROLES
_APP, _SWEEPER, _SEQUENCER = (_ROLES[name] for name in ("app", "sweeper", "sequencer"))


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0007_erasure"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditSavedView",
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
                ("organization_id", models.BigIntegerField()),
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("workspace", models.UUIDField(null=True)),
                ("owner", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField()),
                ("is_shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_saved_view",
            },
        ),
        migrations.RemoveIndex(
            model_name="auditfacet",
            name="audit_facet_by_action",
        ),
        migrations.RemoveIndex(
            model_name="auditfacet",
            name="audit_facet_by_actor",
        ),
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                fields=["organization_id", "at", "epoch", "index"],
                name="audit_facet_by_time",
            ),
        ),
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                fields=["organization_id", "action", "at", "epoch", "index"],
                name="audit_facet_by_act",
            ),
        ),
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                fields=["organization_id", "actor", "at", "epoch", "index"],
                name="audit_facet_by_who",
            ),
        ),
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                fields=["organization_id", "actor_kind", "at", "epoch", "index"],
                name="audit_facet_by_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                condition=models.Q(("outcome", "success"), _negated=True),
                fields=["organization_id", "outcome", "at", "epoch", "index"],
                name="audit_facet_unsuccessful",
            ),
        ),
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                condition=models.Q(("workspace__isnull", False)),
                fields=["organization_id", "workspace", "at", "epoch", "index"],
                name="audit_facet_by_workspace",
            ),
        ),
        migrations.AddIndex(
            model_name="auditfacet",
            index=models.Index(
                condition=models.Q(("target_id__isnull", False)),
                fields=["organization_id", "target_id", "at", "epoch", "index"],
                name="audit_facet_by_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="auditsavedview",
            constraint=models.UniqueConstraint(
                fields=("organization_id", "workspace", "owner", "name"),
                name="audit_saved_view_name_is_free",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="auditsavedview",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True),
                name="audit_saved_view_has_a_name",
            ),
        ),
        enable(
            "audit_saved_view",
            by=By.ORGANIZATION,
            app=("select", "insert", "delete"),
        ),
        # Nobody looks at the counter behind the ids of all organizations.
        migrations.RunSQL(
            "revoke all on sequence audit_saved_view_id_seq"
            f" from {_APP}, {_SWEEPER}, {_SEQUENCER}",
            migrations.RunSQL.noop,
        ),
    ]
