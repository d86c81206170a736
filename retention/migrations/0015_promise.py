"""How workspaces stand to the 30-day promise, and what each sweep took late."""

from django.db import migrations, models
from django.db.models import F, Q

from kit.rowsecurity import doors, enable

_KEY = """
alter table retention_promisestanding add constraint promisestanding_workspace_fk
    foreign key (workspace_id) references workspaces_workspace (id)
"""


# Sums over all tenants, for the metrics: no names, no rows.
_NUMBERS = """
create function retention_numbers(p_since timestamptz, out doomed bigint,
    out purged bigint, out took_ms bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select (select count(*) from public.retention_doom d
            where d.destroyed_at is null),
           coalesce(sum(s.purged), 0)::bigint, coalesce(sum(s.took_ms), 0)::bigint
    from public.retention_sweepslice s where s.done_at >= p_since
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("retention", "0014_sweep_stops")]

    operations = [
        migrations.AddField(
            "sweep", "late_n", models.PositiveBigIntegerField(db_default=0)
        ),
        migrations.CreateModel(
            name="PromiseStanding",
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
                ("workspace_id", models.BigIntegerField(unique=True)),
                ("measured_at", models.DateTimeField()),
                ("waiting_n", models.PositiveBigIntegerField()),
                ("overdue_n", models.PositiveBigIntegerField()),
                ("oldest_at", models.DateTimeField(null=True)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("kept", "kept"),
                            ("alarm", "alarm"),
                            ("overdue", "overdue"),
                        ],
                        max_length=10,
                    ),
                ),
                ("stage_since", models.DateTimeField()),
                ("reported_on", models.DateField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(stage__in=["kept", "alarm", "overdue"]),
                        name="promisestanding_stage_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(overdue_n__lte=F("waiting_n")),
                        name="promisestanding_overdue_waits",
                    ),
                ]
            },
        ),
        migrations.RunSQL(_KEY, migrations.RunSQL.noop),
        enable("retention_promisestanding", for_operator=True),
        doors(_NUMBERS, functions=("retention_numbers(timestamptz)",)),
    ]
