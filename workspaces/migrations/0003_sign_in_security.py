"""Row-level security of connections, mail domains and spent assertions."""

from django.db import migrations

from kit.rowsecurity import By, composite_key, doors, enable

# What must be known before a scope is open: whose connection a URL names, and where
# the people of a mail domain sign in. A stranger may call both by way of a page.
_DOORS = """
create function custos_connection(p_slug text) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, connection_id bigint, connection_uuid uuid, slug text,
    state text, label text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, c.id, c.public_id, c.slug, c.state,
           c.label
    from public.workspaces_samlconnection c
    join public.workspaces_organization o on o.id = c.organization_id
    where c.slug = p_slug
$$;
create function custos_entrance(p_domain text) returns table (
    organization_name text, label text, slug text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.name, c.label, c.slug
    from public.workspaces_maildomain d
    join public.workspaces_organization o on o.id = d.organization_id
    join public.workspaces_samlconnection c on c.organization_id = o.id
    where d.domain = p_domain and d.proven_at is not null and c.state = 'active'
    order by c.id limit 1
$$;
"""
_FUNCTIONS = ("custos_connection(text)", "custos_entrance(text)")


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_row_security")]

    operations = [
        enable("workspaces_maildomain", by=By.ORGANIZATION, sweeper=()),
        enable("workspaces_samlconnection", by=By.ORGANIZATION, sweeper=()),
        enable(
            "workspaces_spentassertion",
            by=By.ORGANIZATION,
            app=("select", "insert", "delete"),
            sweeper=(),
        ),
        composite_key(
            "workspaces_spentassertion",
            columns="organization_id, connection_id",
            parent="workspaces_samlconnection",
            to="organization_id, id",
        ),
        doors(_DOORS, functions=_FUNCTIONS),
    ]
