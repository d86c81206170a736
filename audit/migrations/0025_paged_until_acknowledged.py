"""Incidents are paged until somebody acknowledges them: no number of rounds ends it."""

from django.db import migrations

from kit.rowsecurity import doors

_DUE_PAGES = """
create function audit_due_pages(p_at timestamptz, p_limit int)
    returns table (incident_id bigint, organization_id bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    select i.id, i.organization_id
      from public.audit_incident i
     where i.page_due_at <= p_at
     order by i.page_due_at, i.id limit p_limit
$$;
"""
_DROP_IN_ROUNDS = "drop function audit_due_pages(timestamptz, int, int);"
_IN_ROUNDS = """
create function audit_due_pages(p_at timestamptz, p_rounds int, p_limit int)
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


def _before() -> migrations.RunSQL:
    return doors(_IN_ROUNDS, functions=["audit_due_pages(timestamptz, int, int)"])


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0024_shortened"),
    ]

    operations = [
        doors(_DUE_PAGES, functions=["audit_due_pages(timestamptz, int)"]),
        migrations.RunSQL(_DROP_IN_ROUNDS, _before().sql),
    ]
