"""Exports of the log, and which of them wait for a worker."""

import uuid

from django.db import migrations, models

from kit.rowsecurity import By, doors, enable

# Of all organizations, ids only: each is then opened in its scope.
_DUE = """
create function audit_due_exports(p_at timestamptz, p_limit int) returns table (
    export_id bigint, organization_id bigint, is_old boolean
) language sql volatile security definer set search_path = pg_catalog, public as $$
    select e.id, e.organization_id, e.state = 'done' from public.audit_export e
     where e.state = 'queued' or (e.state = 'running' and e.leased_until < now())
        or (e.state = 'done' and e.expires_at <= p_at)
     order by e.id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0008_explorer"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditExport",
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
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("csv", "CSV, for spreadsheets"),
                            ("jsonl", "JSON Lines"),
                            ("ocsf", "OCSF 1.8.0, as JSON Lines"),
                            ("evidence", "Evidence (ZIP) that anyone can verify"),
                        ],
                        max_length=10,
                    ),
                ),
                ("query", models.TextField(default="")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("requested_by", models.TextField()),
                ("requested_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("fence", models.IntegerField(default=0)),
                ("total", models.BigIntegerField(null=True)),
                ("done", models.BigIntegerField(default=0)),
                ("byte_count", models.BigIntegerField(default=0)),
                ("blob_id", models.UUIDField(null=True, unique=True)),
            ],
            options={
                "db_table": "audit_export",
                "indexes": [
                    models.Index(
                        fields=["organization_id", "-requested_at", "-id"],
                        name="audit_export_newest",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["queued", "running", "done", "failed", "expired"],
                            )
                        ),
                        name="audit_export_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("form__in", ["csv", "jsonl", "ocsf", "evidence"])
                        ),
                        name="audit_export_form_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("leased_until__isnull", False), ("state", "running")
                            ),
                            models.Q(
                                models.Q(("state", "running"), _negated=True),
                                ("leased_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="audit_export_leased_while_running",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", True),
                                ("state__in", ("queued", "running")),
                            ),
                            models.Q(
                                models.Q(
                                    ("state__in", ("queued", "running")), _negated=True
                                ),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="audit_export_ended_with_its_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("blob_id__isnull", False),
                                ("expires_at__isnull", False),
                                ("state", "done"),
                            ),
                            models.Q(
                                models.Q(("state", "done"), _negated=True),
                                ("blob_id__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="audit_export_file_while_done",
                    ),
                ],
            },
        ),
        enable("audit_export", by=By.ORGANIZATION),
        doors(_DUE, functions=["audit_due_exports(timestamptz, int)"]),
    ]
