"""Plans, counts and tombstones of further kinds of content, and their guard."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from kit.rowsecurity import composite_key, enable
from retention.holds.guarding import guard

# The owner's column is the trigger's argument; everything else is as for conversations.
_GUARD = """
create function retention_refuse_held_kind() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    moment timestamptz :=
        coalesce(nullif(current_setting('custos.at', true), '')::timestamptz, now());
    is_held boolean;
begin
    execute format(
        'select exists (select from gone g join public.retention_holdscope h'
        ' on h.workspace_id = g.workspace_id and h.membership_id = g.%I'
        ' where h.released_at is null or h.release_grace_until > $1)', tg_argv[0])
        into is_held using moment;
    if is_held then
        raise exception 'a legal hold covers what was to be deleted'
            using errcode = 'integrity_constraint_violation',
                  constraint = tg_table_name || '_is_not_held';
    end if;
    return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0005_door_of_holds"),
        ("workspaces", "0021_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="sweepslice",
            name="kind",
            field=models.CharField(default="conversations", max_length=40),
        ),
        migrations.RemoveIndex("doom", "doom_tombstone"),
        migrations.RenameField("doom", "conversation", "content_id"),
        migrations.AddIndex(
            "doom",
            models.Index(
                fields=["workspace_id", "content_id"],
                name="doom_tombstone",
                condition=Q(kind="key"),
            ),
        ),
        migrations.AddField(
            model_name="doom",
            name="content_kind",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.RunSQL(
            "update retention_doom set content_kind = 'conversations'"
            " where content_id is not null",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="doom",
            constraint=models.CheckConstraint(
                condition=Q(content_kind__isnull=True, content_id__isnull=True)
                | Q(content_kind__isnull=False, content_id__isnull=False),
                name="doom_content_kind_and_id",
            ),
        ),
        migrations.CreateModel(
            name="SweepCount",
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
                ("planned_n", models.PositiveBigIntegerField()),
                ("held_n", models.PositiveBigIntegerField()),
                ("purged_n", models.PositiveBigIntegerField()),
                ("skipped_n", models.PositiveBigIntegerField()),
                ("failed_n", models.PositiveBigIntegerField()),
                ("bytes_n", models.PositiveBigIntegerField()),
                (
                    "sweep",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="counts",
                        to="retention.sweep",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sweep", "kind"), name="sweepcount_kind_once"
                    ),
                    models.CheckConstraint(
                        condition=~Q(kind="conversations"),
                        name="sweepcount_is_not_of_conversations",
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            planned_n__gte=F("purged_n")
                            + F("skipped_n")
                            + F("failed_n")
                        ),
                        name="sweepcount_purges_no_more_than_planned",
                    ),
                ],
            },
        ),
        enable(
            "retention_sweepcount",
            app=("select",),
            sweeper=("select", "insert", "update"),
        ),
        composite_key(
            "retention_sweepcount",
            columns="workspace_id, sweep_id",
            parent="retention_sweep",
            to="workspace_id, id",
        ),
        migrations.RunSQL(_GUARD, "drop function retention_refuse_held_kind()"),
        guard("workspaces_memory"),
        guard("workspaces_project"),
        guard("workspaces_projectfile"),
    ]
