"""What decides where a session reaches, answered by the one question of a request."""

from django.db import migrations

from kit.rowsecurity import doors

_SESSION = """
drop function custos_session(uuid);
create function custos_session(p_session uuid) returns table (
    organization_id bigint, user_id bigint, method text, connection_id bigint,
    seen_at timestamptz, expires_at timestamptz, portal_networks text,
    is_bound_to_sso boolean, organization_requires_sso boolean
) language sql stable security definer set search_path = pg_catalog, public as $$
    select s.organization_id, s.user_id, s.method, s.connection_id, s.seen_at,
           s.expires_at, o.portal_networks::text,
           exists (
               select from public.workspaces_maildomain d
               where d.organization_id = s.organization_id
               and d.proven_at is not null
               and d.domain = split_part(u.email, '@', 2)),
           exists (
               select from public.workspaces_workspace w
               where w.organization_id = s.organization_id and w.sso = 'required')
    from public.workspaces_signinsession s
    join public.workspaces_organization o on o.id = s.organization_id
    join public.workspaces_user u on u.id = s.user_id
    where s.public_id = p_session and s.ended_at is null
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0009_offboarding")]

    operations = [doors(_SESSION, functions=("custos_session(uuid)",))]
