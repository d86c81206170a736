"""When a gap of a stream was acknowledged; without a rota the owners are paged."""

from django.db import migrations, models

# Nobody's turn is ever due once the rota was gone around often enough. Who is paged
# where no rota is set, is asked when it is due: as many turns as a rota can have.
_DUE_PAGES = """
create or replace function audit_due_pages(p_at timestamptz, p_rounds int, p_limit int)
    returns table (incident_id bigint, organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select i.id, i.organization_id
      from public.audit_incident i
      left join public.audit_rota r using (organization_id)
     where i.page_due_at <= p_at
       and i.page_step < p_rounds * coalesce(nullif(cardinality(r.contacts), 0), 8)
     order by i.page_due_at, i.id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0021_facets_of_failures"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditstream",
            name="gap_acknowledged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(_DUE_PAGES, migrations.RunSQL.noop),
    ]
