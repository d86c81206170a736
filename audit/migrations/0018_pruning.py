"""For how long organizations keep entries, how far logs are pruned, and the one door."""

from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import By, doors, enable

_APP = settings.DATABASE_ROLES["app"]

# The door of the append-only trigger opens for the owner alone, and only in here: for
# entries that a sealed record of pruning names, and with everything that belongs to them.
_PRUNE = """
create function custos_prune_log(
    p_organization bigint, p_epoch int, p_first bigint, p_end bigint)
    returns table (entries bigint, details bigint)
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    said jsonb;
begin
    select r.counts into said from (
        select convert_from(e.leaf, 'UTF8')::jsonb -> 'counts' as counts
          from public.audit_facet f
          join public.audit_entry e
            on e.id = f.entry_id and e.organization_id = f.organization_id
         where f.organization_id = p_organization
           and f.action in ('audit.log.pruning-planned', 'audit.log.pruned',
                            'audit.log.pruning-stopped')) r
     order by (r.counts ->> 'number')::bigint desc limit 1;
    if not coalesce((said ->> 'epoch')::int > p_epoch
        or (said ->> 'epoch')::int = p_epoch and (said ->> 'index')::bigint >= p_end,
        false)
    then
        raise exception 'no sealed record lets entries up to % of epoch % go', p_end,
            p_epoch using errcode = 'insufficient_privilege';
    end if;
    perform set_config('custos.audit_door', 'open', true);
    return query
        with gone as (
            delete from public.audit_facet f
             where f.organization_id = p_organization and f.epoch = p_epoch
               and f.index >= p_first and f.index < p_end
            returning f.entry_id),
        opened as (
            delete from public.audit_detail d using gone
             where d.organization_id = p_organization and d.entry_id = gone.entry_id
            returning d.entry_id),
        entry as (
            delete from public.audit_entry e using gone
             where e.organization_id = p_organization and e.id = gone.entry_id
            returning e.id)
        select (select count(*) from entry), (select count(*) from opened);
    perform set_config('custos.audit_door', '', true);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0017_facets_by_object"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditverification",
            name="pruned",
            field=models.BigIntegerField(default=0),
        ),
        # The app role writes named columns of this table only.
        migrations.RunSQL(
            f"grant insert (pruned), update (pruned) on audit_verification to {_APP}",
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="AuditPruning",
            fields=[
                (
                    "organization_id",
                    models.BigIntegerField(primary_key=True, serialize=False),
                ),
                ("days", models.IntegerField(null=True)),
                ("due_at", models.DateTimeField()),
                ("done_epoch", models.IntegerField(default=1)),
                ("done_index", models.BigIntegerField(default=0)),
                ("done_at", models.DateTimeField(null=True)),
                ("until_epoch", models.IntegerField(null=True)),
                ("until_index", models.BigIntegerField(null=True)),
                ("goes_from", models.DateTimeField(null=True)),
                ("plan_id", models.BigIntegerField(null=True)),
                ("number", models.BigIntegerField(default=0)),
                ("entries_n", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "audit_pruning",
                "indexes": [models.Index(fields=["due_at"], name="audit_pruning_due")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", 365), ("days__lte", 7305)),
                        name="audit_pruning_days_in_bounds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("goes_from__isnull", True),
                                ("plan_id__isnull", True),
                                ("until_epoch__isnull", True),
                                ("until_index__isnull", True),
                            ),
                            models.Q(
                                ("goes_from__isnull", False),
                                ("plan_id__isnull", False),
                                ("until_epoch__isnull", False),
                                ("until_index__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="audit_pruning_run_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done_epoch__gte", 1), ("done_index__gte", 0)
                        ),
                        name="audit_pruning_done_is_a_place",
                    ),
                ],
            },
        ),
        enable(
            "audit_pruning",
            by=By.ORGANIZATION,
            app=("select", "insert", "update"),
            sweeper=("select", "update"),
        ),
        doors(
            _PRUNE,
            functions=["custos_prune_log(bigint, int, bigint, bigint)"],
            roles=("sweeper",),
        ),
    ]
