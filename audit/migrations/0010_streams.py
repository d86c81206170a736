"""Streams of the log: their rows, who may see them, and which of them are due."""

import uuid

from django.db import migrations, models

from kit.rowsecurity import By, cascade, doors, enable

# What is due belongs to all organizations; a stream that has caught up never is. Leases
# are in the database's time, which all workers share.
_DOOR = """
create function custos_due_streams(p_at timestamptz, p_limit int) returns table (
    stream_id bigint, organization_id bigint
) language sql volatile security definer set search_path = pg_catalog, public as $$
    select s.id, s.organization_id from public.audit_stream s
     where (s.leased_until is null or s.leased_until < now())
       and (s.test_asked_at is not null or (
            s.state = 'running' and s.due_at <= p_at
            and (s.cursor_epoch, s.cursor_index + 1) < (
                select b.epoch, b.first + b.n from public.audit_block b
                 where b.organization_id = s.organization_id
                 order by b.epoch desc, b.first desc limit 1)))
     order by s.due_at, s.id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0009_exports"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditStream",
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
                ("name", models.CharField(max_length=100)),
                ("kind", models.CharField(max_length=20)),
                ("format", models.CharField(max_length=20)),
                ("query", models.TextField(default="")),
                ("host", models.CharField(max_length=255)),
                ("sealed", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[("paused", "Paused"), ("running", "Running")],
                        default="paused",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("cursor_epoch", models.IntegerField()),
                ("cursor_index", models.BigIntegerField()),
                ("sent", models.BigIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
                ("failures", models.IntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("last_error", models.TextField(default="")),
                ("started_at", models.DateTimeField(null=True)),
                ("alarmed_at", models.DateTimeField(null=True)),
                ("test_asked_at", models.DateTimeField(null=True)),
                ("tested_at", models.DateTimeField(null=True)),
                ("test_error", models.TextField(default="")),
                ("leased_until", models.DateTimeField(null=True)),
                ("fence", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "audit_stream",
                "indexes": [models.Index(fields=["due_at"], name="audit_stream_due")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization_id", "id"),
                        name="audit_stream_in_organization",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["webhook", "splunk", "syslog", "s3", "otlp"])
                        ),
                        name="audit_stream_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("format__in", ["native", "ocsf", "cef"])),
                        name="audit_stream_format_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["paused", "running"])),
                        name="audit_stream_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cursor_epoch__gte", 0),
                            ("cursor_index__gte", -1),
                            ("sent__gte", 0),
                        ),
                        name="audit_stream_cursor_is_a_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("failing_since__isnull", True),
                                ("failures", 0),
                                ("last_error", ""),
                            ),
                            models.Q(
                                ("failing_since__isnull", False),
                                ("failures__gt", 0),
                                models.Q(("last_error", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="audit_stream_failure_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            ("started_at__isnull", False),
                            _connector="OR",
                        ),
                        name="audit_stream_runs_since",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("alarmed_at__isnull", True),
                            ("state", "running"),
                            _connector="OR",
                        ),
                        name="audit_stream_alarms_while_it_runs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditStreamSample",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "stream_id",
                        "hour",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("stream_id", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
                ("sent", models.BigIntegerField(default=0)),
                ("behind", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "audit_stream_sample",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("behind__gte", 0), ("sent__gte", 0)),
                        name="audit_stream_sample_counts",
                    )
                ],
            },
        ),
        enable(
            "audit_stream",
            by=By.ORGANIZATION,
            app=("select", "insert", "update", "delete"),
            sweeper=(),
        ),
        enable(
            "audit_stream_sample",
            by=By.ORGANIZATION,
            app=("select", "insert", "update", "delete"),
            sweeper=(),
        ),
        cascade(
            "audit_stream_sample",
            columns="organization_id, stream_id",
            parent="audit_stream",
            to="organization_id, id",
        ),
        doors(_DOOR, functions=("custos_due_streams(timestamptz, int)",)),
    ]
