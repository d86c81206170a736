"""What other ways in must know before a scope is open; mailed secrets are the app's."""

from django.conf import settings
from django.db import migrations

from kit.rowsecurity import doors

_ENTRANCE = """
drop function custos_entrance(text);
create function custos_entrance(p_domain text) returns table (
    organization_name text, label text, slug text, takes_sso boolean,
    takes_code boolean
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.name, c.label, c.slug,
           not exists (
               select from public.workspaces_workspace w
               where w.organization_id = o.id)
           or exists (
               select from public.workspaces_workspace w
               where w.organization_id = o.id and w.sso <> 'off'),
           not exists (
               select from public.workspaces_workspace w
               where w.organization_id = o.id)
           or exists (
               select from public.workspaces_workspace w
               where w.organization_id = o.id and w.sso <> 'required')
    from public.workspaces_maildomain d
    join public.workspaces_organization o on o.id = d.organization_id
    join public.workspaces_samlconnection c on c.organization_id = o.id
    where d.domain = p_domain and d.proven_at is not null and c.state = 'active'
    order by c.id limit 1
$$;
"""
# What single sign-on is to a person in each organization that they belong to.
_FACTS = """
create function custos_sso_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, is_bound boolean, requires_sso boolean
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name,
           exists (
               select from public.workspaces_maildomain d
               where d.organization_id = o.id and d.proven_at is not null
               and d.domain = split_part(u.email, '@', 2)),
           exists (
               select from public.workspaces_workspace w
               where w.organization_id = o.id and w.sso = 'required')
    from public.workspaces_user u
    join public.workspaces_organization o on
        exists (
            select from public.workspaces_membership m
            join public.workspaces_workspace w on w.id = m.workspace_id
            where m.user_id = u.id and m.status = 'active'
            and w.organization_id = o.id)
        or exists (
            select from public.workspaces_organizationadministrator a
            where a.user_id = u.id and a.organization_id = o.id)
    where u.id = p_user
    order by o.name, o.id
$$;
"""
# Where a person is named for break-glass and an owner still.
_BREAK_GLASS = """
create function custos_break_glass_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name
    from public.workspaces_breakglassowner b
    join public.workspaces_organization o on o.id = b.organization_id
    join public.workspaces_organizationadministrator a
        on a.organization_id = b.organization_id and a.user_id = b.user_id
    where b.user_id = p_user and a.role = 'owner'
    order by o.name, o.id
$$;
"""
# Keys and tokens come from their own networks, and from those of the organization.
_KEYS = """
drop function custos_scim_token(bytea);
drop function custos_api_key(bytea);
create function custos_scim_token(p_digest bytea) returns table (
    token_id bigint, token_uuid uuid, digest bytea, scope text, networks jsonb,
    expires_at timestamptz, last_used_at timestamptz,
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, organization_networks jsonb
) language sql stable security definer set search_path = pg_catalog, public as $$
    select t.id, t.public_id, t.digest, t.scope, t.networks, t.expires_at,
           t.last_used_at, o.id, o.public_id, o.slug, o.name, w.id, w.public_id,
           w.slug, w.name, w.plan, o.api_networks
    from public.workspaces_scimtoken t
    join public.workspaces_workspace w on w.id = t.workspace_id
    join public.workspaces_organization o on o.id = w.organization_id
    where t.digest = p_digest and t.slot is not null and t.revoked_at is null
$$;
create function custos_api_key(p_digest bytea) returns table (
    key_id bigint, key_uuid uuid, digest bytea, key_name text, scopes jsonb,
    networks jsonb, expires_at timestamptz, last_used_at timestamptz,
    owner_uuid uuid, owner_role text,
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, organization_networks jsonb
) language sql stable security definer set search_path = pg_catalog, public as $$
    select k.id, k.public_id, k.digest, k.name, k.scopes, k.networks, k.expires_at,
           k.last_used_at, u.public_id, coalesce(m.role, a.role), o.id, o.public_id,
           o.slug, o.name, w.id, w.public_id, w.slug, w.name, w.plan,
           o.api_networks
    from public.workspaces_apikey k
    join public.workspaces_organization o on o.id = k.organization_id
    left join public.workspaces_workspace w
        on w.id = k.workspace_id and w.organization_id = k.organization_id
    left join public.workspaces_user u on u.id = k.owner_id and u.is_active
    left join public.workspaces_membership m
        on m.id = k.membership_id and m.workspace_id = k.workspace_id
        and m.user_id = k.owner_id and m.status = 'active'
        and m.generation = k.generation
    left join public.workspaces_organizationadministrator a
        on a.id = k.administration_id and a.user_id = k.owner_id
        and a.organization_id = k.organization_id
    where k.digest = p_digest and k.revoked_at is null
      and (k.workspace_id is null or w.id is not null)
      and (k.owner_id is null
           or (u.id is not null and coalesce(m.role, a.role) is not null))
$$;
"""
_roles = settings.DATABASE_ROLES
_OTHERS = f"{_roles['sweeper']}, {_roles['sequencer']}"


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0014_ways_in")]

    operations = [
        doors(_ENTRANCE, functions=("custos_entrance(text)",)),
        doors(_FACTS, functions=("custos_sso_of(bigint)",)),
        doors(_BREAK_GLASS, functions=("custos_break_glass_of(bigint)",)),
        doors(_KEYS, functions=("custos_scim_token(bytea)", "custos_api_key(bytea)")),
        migrations.RunSQL(
            "revoke all on workspaces_mailedsecret, workspaces_breakglasscredential"
            f" from {_OTHERS}",
            migrations.RunSQL.noop,
        ),
    ]
