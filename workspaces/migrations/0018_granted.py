"""Resolves what custom roles grant to a person, the owner of a key, a member, a group.

The first two answer before a scope is open; the others run inside one, as their caller,
and row-level security says which rows there are.
"""

from django.db import migrations

from kit.rowsecurity import doors

# Of the membership `m`; no function of its own, so that it is planned with the rest. By
# two indexes: a role may be given to very many members.
_GRANTED = """coalesce((
               select array_agg(distinct g.permission)
               from (select a.role_id from public.workspaces_roleassignment a
                     where a.workspace_id = m.workspace_id
                       and a.membership_id = m.id
                     union all
                     select a.role_id from public.workspaces_groupmember x
                     join public.workspaces_roleassignment a
                       on a.workspace_id = x.workspace_id and a.group_id = x.group_id
                     where x.workspace_id = m.workspace_id
                       and x.membership_id = m.id) held
               join public.workspaces_rolegrant g on g.role_id = held.role_id), '{}')"""
_MEMBERSHIPS = """
drop function custos_memberships_of(bigint);
create function custos_memberships_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, membership_id bigint, membership_uuid uuid, role text,
    generation int, sso text, granted text[]
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, w.id, w.public_id, w.slug, w.name,
           w.plan, m.id, m.public_id, m.role, m.generation, w.sso,
           <granted>
    from public.workspaces_membership m
    join public.workspaces_workspace w on w.id = m.workspace_id
    join public.workspaces_organization o on o.id = w.organization_id
    where m.user_id = p_user and m.status = 'active'
    order by w.name, w.id
$$;
"""
_KEY = """
drop function custos_api_key(bytea);
create function custos_api_key(p_digest bytea) returns table (
    key_id bigint, key_uuid uuid, digest bytea, key_name text, scopes jsonb,
    networks jsonb, expires_at timestamptz, last_used_at timestamptz,
    owner_uuid uuid, owner_role text,
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, organization_networks jsonb, owner_granted text[]
) language sql stable security definer set search_path = pg_catalog, public as $$
    select k.id, k.public_id, k.digest, k.name, k.scopes, k.networks, k.expires_at,
           k.last_used_at, u.public_id, coalesce(m.role, a.role), o.id, o.public_id,
           o.slug, o.name, w.id, w.public_id, w.slug, w.name, w.plan,
           o.api_networks,
           <granted>
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
_INSIDE = """
create function custos_granted_to(p_membership bigint) returns text[]
language sql stable set search_path = pg_catalog, public as $$
    select <granted>
    from public.workspaces_membership m where m.id = p_membership
$$;
create function custos_granted_by(p_group bigint) returns text[]
language sql stable set search_path = pg_catalog, public as $$
    select coalesce(array_agg(distinct g.permission), '{}')
    from public.workspaces_roleassignment a
    join public.workspaces_rolegrant g on g.role_id = a.role_id
    where a.group_id = p_group
$$;
create function custos_roles_through(p_group bigint) returns text[]
language sql stable set search_path = pg_catalog, public as $$
    select coalesce(array_agg(r.name order by r.folded_name), '{}')
    from public.workspaces_roleassignment a
    join public.workspaces_customrole r on r.id = a.role_id
    where a.group_id = p_group
$$;
"""


def _whole(sql: str) -> str:
    return sql.replace("<granted>", _GRANTED)


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0017_access")]

    operations = [
        doors(
            _whole(_MEMBERSHIPS),
            functions=("custos_memberships_of(bigint)",),
            roles=("app", "sweeper"),
        ),
        doors(_whole(_KEY), functions=("custos_api_key(bytea)",)),
        doors(
            _whole(_INSIDE),
            functions=(
                "custos_granted_to(bigint)",
                "custos_granted_by(bigint)",
                "custos_roles_through(bigint)",
            ),
        ),
    ]
