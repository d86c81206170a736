"""Incidents, canaries, and what probing remembers."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import content_root, enable
from retention.holds.guarding import guard

# Sightings belong to the installation and name no tenant. Of jobs the sweeper sees what
# tells whether they stand still, and which blobs they name: never their arguments.
_RIGHTS = """
revoke all on retention_blobsighting from {app}, {sweeper};
grant select, insert, delete on retention_blobsighting to {sweeper};
revoke all on workspaces_job from {sweeper};
grant select (id, workspace_id, state, created_at, leased_until, result_blob_id)
    on workspaces_job to {sweeper};
create policy sweeper_reads on workspaces_job for select to {sweeper} using (true);
"""
_NO_RIGHTS = """
drop policy sweeper_reads on workspaces_job;
revoke all on workspaces_job from {sweeper};
"""
# What was swept before is taken as it is.
_SEEN = """
update retention_sweep set examined_at = purged_at where purged_at is not null;
update retention_sweep set probed_at = ended_at where state = 'closed';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0011_unknown_keys"),
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlobSighting",
            fields=[
                ("blob_id", models.UUIDField(primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Canary",
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
                ("blob_id", models.UUIDField(unique=True)),
                ("sealed", models.BinaryField()),
                ("byte_count", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("deleted_at", models.DateTimeField()),
                ("deleted_by", models.CharField(max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="Incident",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("nothing_purged", "Nothing Purged"),
                            ("stuck", "Stuck"),
                            ("canary", "Canary"),
                            ("residue", "Residue"),
                        ],
                        max_length=20,
                    ),
                ),
                ("subject", models.CharField(max_length=60)),
                ("found_n", models.PositiveBigIntegerField()),
                ("stage", models.PositiveSmallIntegerField()),
                ("opened_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="sweep",
            name="examined_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="sweep",
            name="probed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="sweep",
            index=models.Index(
                condition=models.Q(
                    ("examined_at__isnull", True), ("purged_at__isnull", False)
                ),
                fields=["id"],
                name="sweep_to_examine",
            ),
        ),
        migrations.AddIndex(
            model_name="sweep",
            index=models.Index(
                condition=models.Q(("probed_at__isnull", True), ("state", "closed")),
                fields=["id"],
                name="sweep_to_probe",
            ),
        ),
        migrations.AddField(
            model_name="canary",
            name="workspace",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.workspace",
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="workspace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="workspaces.workspace"
            ),
        ),
        migrations.AddIndex(
            model_name="canary",
            index=models.Index(
                fields=["workspace", "deleted_at"], name="canary_deleted"
            ),
        ),
        migrations.AddConstraint(
            model_name="canary",
            constraint=models.UniqueConstraint(
                fields=("workspace",), name="canary_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="canary",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="canary_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="canary",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner_id__isnull", True)), name="canary_is_nobodys"
            ),
        ),
        migrations.AddConstraint(
            model_name="canary",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("plan_written__in", ["team", "enterprise", "edu", "api"])
                ),
                name="canary_plan_known",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                fields=["workspace", "opened_at", "id"], name="incident_by_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["nothing_purged", "stuck", "canary", "residue"])
                ),
                name="incident_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__gte", 1), ("stage__lte", 3)),
                name="incident_stage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("seen_at__gte", models.F("opened_at"))),
                name="incident_seen_after_it_opened",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=models.Q(("resolved_at__isnull", True)),
                fields=("workspace", "kind", "subject"),
                name="incident_once_while_it_lasts",
            ),
        ),
        *content_root("retention_canary", changes=()),
        guard("retention_canary", kinds=["canaries"]),
        enable("retention_incident"),
        migrations.RunSQL(
            _RIGHTS.format(**settings.DATABASE_ROLES),
            _NO_RIGHTS.format(**settings.DATABASE_ROLES),
        ),
        migrations.RunSQL(_SEEN, migrations.RunSQL.noop),
    ]
