"""Jobs, notices, and what the database itself demands of slugs and addresses."""

import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import By, enable
from kit.scoping import OPERATOR_SETTING

# Work of all organizations that waits: ids only, each is then opened in its scope.
_DOORS = """
create function custos_due_jobs(p_limit int) returns table (
    job_id bigint, organization_id bigint
) language sql volatile security definer set search_path = pg_catalog, public as $$
    select j.id, j.organization_id from public.workspaces_job j
     where j.state = 'queued' or (j.state = 'running' and j.leased_until < now())
     order by j.id limit p_limit
$$;
create function custos_due_notices(p_at timestamptz, p_limit int) returns table (
    notice_id bigint, organization_id bigint
) language sql volatile security definer set search_path = pg_catalog, public as $$
    select n.id, n.organization_id from public.workspaces_notice n
     where n.sent_at is null and n.given_up_at is null and n.due_at <= p_at
     order by n.due_at, n.id limit p_limit
$$;
"""
_FUNCTIONS = ("custos_due_jobs(int)", "custos_due_notices(timestamptz, int)")


def _doors() -> migrations.RunSQL:
    app = settings.DATABASE_ROLES["app"]
    rights = "".join(
        f"revoke all on function {name} from public;"
        f"grant execute on function {name} to {app};"
        for name in _FUNCTIONS
    )
    drop = "".join(f"drop function {name};" for name in _FUNCTIONS)
    return migrations.RunSQL(_DOORS + rights, drop)


def _operator_reads(table: str) -> migrations.RunSQL:
    """/operator/ shows who is where, and can change none of it."""
    return migrations.RunSQL(
        f"create policy operator_reads on {table} for select"
        f" to {settings.DATABASE_ROLES['app']}"
        f" using (current_setting('{OPERATOR_SETTING}', true) = 'on')",
        f"drop policy operator_reads on {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0004_signin"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
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
                ("kind", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=200)),
                ("arguments", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("canceled", "Canceled"),
                        ],
                        default="queued",
                        max_length=20,
                    ),
                ),
                ("total", models.PositiveIntegerField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("message", models.CharField(blank=True, default="", max_length=500)),
                ("result_blob_id", models.UUIDField(null=True, unique=True)),
                (
                    "result_name",
                    models.CharField(blank=True, default="", max_length=200),
                ),
                ("requested_by", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("cancel_requested_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("fence", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
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
                ("kind", models.CharField(max_length=60)),
                ("email", models.CharField(db_collation="C", max_length=254)),
                ("subject", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterField(
            model_name="user",
            name="theme",
            field=models.CharField(
                choices=[("auto", "Auto"), ("light", "Light"), ("dark", "Dark")],
                default="auto",
                max_length=5,
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["workspace", "role", "email", "id"], name="membership_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("email", django.db.models.functions.text.Lower("email"))
                ),
                name="membership_email_folded",
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__regex", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")),
                name="organization_slug_shape",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("email", django.db.models.functions.text.Lower("email"))
                ),
                name="user_email_folded",
            ),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.CheckConstraint(
                condition=models.Q(("slug__regex", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")),
                name="workspace_slug_shape",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="workspace",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.workspace",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="workspaces.organization",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["organization", "created_at", "id"], name="job_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=["id"],
                name="job_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["queued", "running", "done", "failed", "canceled"])
                ),
                name="job_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", True), ("state__in", ("queued", "running"))
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ["done", "failed", "canceled"]),
                    ),
                    _connector="OR",
                ),
                name="job_ended_with_its_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("leased_until__isnull", False), ("state", "running")),
                    models.Q(
                        models.Q(("state", "running"), _negated=True),
                        ("leased_until__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="job_leased_while_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("total__isnull", True),
                    ("done__lte", models.F("total")),
                    _connector="OR",
                ),
                name="job_done_within_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("result_blob_id__isnull", True), ("state", "done"), _connector="OR"
                ),
                name="job_result_when_done",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(
                    ("given_up_at__isnull", True), ("sent_at__isnull", True)
                ),
                fields=["due_at", "id"],
                name="notice_due",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                fields=["organization", "created_at", "id"], name="notice_newest"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sent_at__isnull", True),
                    ("given_up_at__isnull", True),
                    _connector="OR",
                ),
                name="notice_sent_or_given_up",
            ),
        ),
        enable("workspaces_job", by=By.ORGANIZATION, sweeper=()),
        enable("workspaces_notice", by=By.ORGANIZATION, sweeper=()),
        _doors(),
        _operator_reads("workspaces_membership"),
        _operator_reads("workspaces_organizationadministrator"),
    ]
