"""Erasures: what a member asked to have erased, and what became of it."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, doors, enable

_DOOR = """
create function custos_due_erasures(p_at timestamptz, p_limit int) returns table (
    erasure_id bigint, slug text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select e.id, w.slug from public.retention_erasure e
    join public.workspaces_workspace w on w.id = e.workspace_id
    where e.ended_at is null and e.due_at <= p_at
    order by e.due_at, e.id limit p_limit
$$;
"""


def _inside(table: str, column: str, parent: str) -> migrations.RunSQL:
    return composite_key(
        table, columns=f"workspace_id, {column}", parent=parent, to="workspace_id, id"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0015_promise"),
        ("workspaces", "0028_grant_reviews"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
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
                ("reason", models.BinaryField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("hiding", "Hiding"),
                            ("purging", "Purging"),
                            ("held", "Held"),
                            ("done", "Done"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=20,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=64)),
                ("due_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="workspaces.membership",
                    ),
                ),
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
            name="ErasureCount",
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
                ("kind", models.CharField(max_length=40)),
                ("hidden_n", models.PositiveBigIntegerField(default=0)),
                ("stored_n", models.PositiveBigIntegerField(default=0)),
                ("held_n", models.PositiveBigIntegerField(default=0)),
                (
                    "erasure",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="counts",
                        to="retention.erasure",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(
                fields=["workspace", "requested_at", "id"], name="erasure_by_time"
            ),
        ),
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["due_at"],
                name="erasure_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.UniqueConstraint(
                fields=("workspace", "id"), name="erasure_in_workspace"
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("workspace", "membership"),
                name="erasure_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", True),
                        ("state__in", ("hiding", "purging", "held")),
                    ),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ["done", "withdrawn"]),
                    ),
                    _connector="OR",
                ),
                name="erasure_ended_with_its_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurecount",
            constraint=models.UniqueConstraint(
                fields=("erasure", "kind"), name="erasurecount_kind_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurecount",
            constraint=models.CheckConstraint(
                condition=models.Q(("held_n__lte", models.F("stored_n"))),
                name="erasurecount_holds_what_is_stored",
            ),
        ),
        enable("retention_erasure", sweeper=()),
        enable("retention_erasurecount", sweeper=()),
        _inside("retention_erasure", "membership_id", "workspaces_membership"),
        _inside("retention_erasurecount", "erasure_id", "retention_erasure"),
        doors(_DOOR, functions=("custos_due_erasures(timestamptz, int)",)),
    ]
