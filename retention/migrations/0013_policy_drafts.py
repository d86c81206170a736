"""Drafts of policies, their steps, and what protects from surprises."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, enable


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0012_incidents_and_probes"),
        ("workspaces", "0027_join_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyDraft",
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
                ("scope_kind", models.CharField(default="workspace", max_length=20)),
                ("membership_id", models.BigIntegerField(null=True)),
                ("group_id", models.BigIntegerField(null=True)),
                ("project_id", models.BigIntegerField(null=True)),
                (
                    "content_kind",
                    models.CharField(default="conversations", max_length=40),
                ),
                ("days", models.PositiveIntegerField(null=True)),
                ("undo_days", models.PositiveSmallIntegerField()),
                ("is_withdrawal", models.BooleanField(default=False)),
                (
                    "clock",
                    models.CharField(
                        choices=[
                            ("last_activity", "Last Activity"),
                            ("creation", "Creation"),
                        ],
                        default="last_activity",
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField(default="")),
                ("base_version", models.PositiveIntegerField()),
                ("revision", models.PositiveIntegerField(default=1)),
                ("author", models.CharField(max_length=64)),
                ("edited_by", models.CharField(max_length=64)),
                ("drafted_at", models.DateTimeField()),
                ("edited_at", models.DateTimeField()),
                ("preview", models.JSONField()),
                ("previewed_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("awaiting", "Awaiting"),
                            ("scheduled", "Scheduled"),
                            ("in_force", "In Force"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DraftStep",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("drafted", "Drafted"),
                            ("changed", "Changed"),
                            ("sent", "Sent"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("scheduled", "Scheduled"),
                            ("returned", "Returned"),
                            ("cancelled", "Cancelled"),
                            ("in_force", "In Force"),
                        ],
                        max_length=20,
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("digest", models.BinaryField()),
                ("by", models.CharField(max_length=64)),
                ("reason", models.TextField(default="")),
                ("at", models.DateTimeField()),
                (
                    "draft",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="steps",
                        to="retention.policydraft",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Safeguards",
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
                ("approval_percent", models.PositiveSmallIntegerField(null=True)),
                ("approval_number", models.PositiveIntegerField(null=True)),
                ("breaker_factor", models.PositiveSmallIntegerField(default=5)),
                ("breaker_minimum", models.PositiveIntegerField(default=1000)),
                ("breaker_percent", models.PositiveSmallIntegerField(default=50)),
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="workspaces.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Announcement",
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
                ("begins_at", models.DateTimeField()),
                ("objects_n", models.PositiveBigIntegerField()),
                ("announced_at", models.DateTimeField()),
                ("announced_by", models.CharField(max_length=64)),
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
                        fields=["workspace", "begins_at"], name="announcement_by_begin"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="policydraft",
            index=models.Index(
                condition=models.Q(("state", "scheduled")),
                fields=["due_at"],
                name="policydraft_due",
            ),
        ),
        migrations.AddIndex(
            model_name="policydraft",
            index=models.Index(
                fields=["workspace", "drafted_at", "id"], name="policydraft_by_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="policydraft_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["draft", "awaiting", "scheduled", "in_force", "cancelled"],
                    )
                ),
                name="policydraft_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
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
                name="policydraft_scope_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("days__isnull", True),
                    models.Q(("days__gte", 1), ("days__lte", 3650)),
                    _connector="OR",
                ),
                name="policydraft_days_in_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(("undo_days__lte", 28)),
                name="policydraft_undo_ends_inside_thirty_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(("clock__in", ["last_activity", "creation"])),
                name="policydraft_clock_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("due_at__isnull", False),
                        ("state__in", ["scheduled", "in_force"]),
                    ),
                    models.Q(
                        models.Q(
                            ("state__in", ["scheduled", "in_force"]), _negated=True
                        ),
                        ("due_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="policydraft_due_while_scheduled",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "in_force"), ("version__isnull", False)),
                    models.Q(
                        models.Q(("state", "in_force"), _negated=True),
                        ("version__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="policydraft_in_force_as_a_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="policydraft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ["in_force", "cancelled"]),
                    ),
                    models.Q(
                        models.Q(
                            ("state__in", ["in_force", "cancelled"]), _negated=True
                        ),
                        ("ended_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="policydraft_ended_with_its_state",
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
                ),
                name="policydraft_one_under_way",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="draftstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "drafted",
                            "changed",
                            "sent",
                            "approved",
                            "declined",
                            "scheduled",
                            "returned",
                            "cancelled",
                            "in_force",
                        ],
                    )
                ),
                name="draftstep_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="draftstep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "approved")),
                fields=("draft", "by", "digest"),
                name="draftstep_approved_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="safeguards",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approval_percent__isnull", True),
                    models.Q(
                        ("approval_percent__gte", 1), ("approval_percent__lte", 100)
                    ),
                    _connector="OR",
                ),
                name="safeguards_approval_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="safeguards",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approval_number__isnull", True),
                    ("approval_number__gte", 1),
                    _connector="OR",
                ),
                name="safeguards_approval_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="safeguards",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("breaker_factor__gte", 2), ("breaker_factor__lte", 100)
                ),
                name="safeguards_breaker_factor",
            ),
        ),
        migrations.AddConstraint(
            model_name="safeguards",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("breaker_percent__gte", 1), ("breaker_percent__lte", 100)
                ),
                name="safeguards_breaker_percent",
            ),
        ),
        enable("retention_policydraft"),
        enable("retention_draftstep", app=("select", "insert")),
        enable("retention_safeguards"),
        enable("retention_announcement", app=("select", "insert")),
        composite_key(
            "retention_draftstep",
            columns="workspace_id, draft_id",
            parent="retention_policydraft",
            to="workspace_id, id",
        ),
        composite_key(
            "retention_policydraft",
            columns="workspace_id, membership_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
        migrations.RunSQL(
            "create trigger policydraft_scope_in_workspace"
            " before insert on retention_policydraft for each row"
            " execute function retention_policy_names_its_own()",
            "drop trigger policydraft_scope_in_workspace on retention_policydraft",
        ),
    ]
