"""Closings of workspaces, and no hold of one that is closed."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from kit.rowsecurity import doors, enable

_DOOR = """
create function custos_due_closings(p_at timestamptz, p_limit int) returns table (
    closing_id bigint, slug text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select c.id, w.slug from public.retention_closing c
    join public.workspaces_workspace w on w.id = c.workspace_id
    where c.ended_at is null and c.due_at <= p_at
    order by c.due_at, c.id limit p_limit
$$;
"""
# Whoever waited for the last step of a closing, which holds the lock on this table,
# finds the workspace closed: there is nothing left that a hold could keep.
_NO_HOLD = """
create trigger holdscope_is_not_too_late before insert on retention_holdscope
    for each row execute function workspaces_refuse_in_state('closed')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0025_purge_lists"),
        ("workspaces", "0032_closing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Closing",
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
                ("reason", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("grace", "Grace"),
                            ("emptying", "Emptying"),
                            ("destroying", "Destroying"),
                            ("closed", "Closed"),
                            ("undone", "Undone"),
                        ],
                        max_length=20,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=64)),
                ("closes_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("counted", models.JSONField(default=dict)),
                ("waits_for", models.PositiveIntegerField(default=0)),
                ("began_at", models.DateTimeField(null=True)),
                ("emptied_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
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
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["due_at"],
                        name="closing_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "undone"), _negated=True),
                        fields=("workspace",),
                        name="closing_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", True),
                                ("state__in", ("grace", "emptying", "destroying")),
                            ),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state__in", ["closed", "undone"]),
                            ),
                            _connector="OR",
                        ),
                        name="closing_ended_with_its_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("began_at__isnull", True),
                                ("emptied_at__isnull", True),
                                ("state__in", ["grace", "undone"]),
                            ),
                            models.Q(
                                ("began_at__isnull", False),
                                ("emptied_at__isnull", True),
                                ("state", "emptying"),
                            ),
                            models.Q(
                                ("began_at__isnull", False),
                                ("emptied_at__isnull", False),
                                ("state__in", ["destroying", "closed"]),
                            ),
                            _connector="OR",
                        ),
                        name="closing_steps_in_order",
                    ),
                ],
            },
        ),
        enable("retention_closing", sweeper=("select", "update")),
        doors(_DOOR, functions=("custos_due_closings(timestamptz, int)",)),
        migrations.RunSQL(
            _NO_HOLD,
            "drop trigger holdscope_is_not_too_late on retention_holdscope",
        ),
    ]
