"""Notices to the custodians of holds."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import composite_key, doors, enable

_DOOR = """
create function custos_due_hold_notices(p_at timestamptz, p_limit int) returns table (
    notice_id bigint, slug text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select n.id, w.slug from public.retention_holdnotice n
    join public.workspaces_workspace w on w.id = n.workspace_id
    where n.due_at <= p_at order by n.due_at, n.id limit p_limit
$$;
"""


def _inside(table: str, column: str, parent: str) -> migrations.RunSQL:
    return composite_key(
        table, columns=f"workspace_id, {column}", parent=parent, to="workspace_id, id"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0016_erasure"),
        ("workspaces", "0028_grant_reviews"),
    ]

    operations = [
        migrations.CreateModel(
            name="HoldNotice",
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
                ("text", models.BinaryField()),
                ("sent_at", models.DateTimeField()),
                ("sent_by", models.CharField(max_length=64)),
                ("due_at", models.DateTimeField(null=True)),
                ("reminded_n", models.PositiveIntegerField(default=0)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                (
                    "hold",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="notices",
                        to="retention.hold",
                    ),
                ),
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
            options={
                "indexes": [
                    models.Index(
                        fields=["workspace", "membership", "id"],
                        name="holdnotice_of_member",
                    ),
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["due_at"],
                        name="holdnotice_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hold", "membership"), name="holdnotice_custodian_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acknowledged_at__isnull", True),
                            ("due_at__isnull", True),
                            _connector="OR",
                        ),
                        name="holdnotice_reminds_until_acknowledged",
                    ),
                ],
            },
        ),
        enable("retention_holdnotice", sweeper=()),
        _inside("retention_holdnotice", "hold_id", "retention_hold"),
        _inside("retention_holdnotice", "membership_id", "workspaces_membership"),
        doors(_DOOR, functions=("custos_due_hold_notices(timestamptz, int)",)),
    ]
