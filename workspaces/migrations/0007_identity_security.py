"""Row-level security of identity's rows, their keys inside an organization, and doors."""

from django.db import migrations

from kit.rowsecurity import By, composite_key, doors, enable

_MEMBERSHIPS = """
drop function custos_memberships_of(bigint);
create function custos_memberships_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, membership_id bigint, membership_uuid uuid, role text,
    generation int, sso text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, w.id, w.public_id, w.slug, w.name,
           w.plan, m.id, m.public_id, m.role, m.generation, w.sso
    from public.workspaces_membership m
    join public.workspaces_workspace w on w.id = m.workspace_id
    join public.workspaces_organization o on o.id = w.organization_id
    where m.user_id = p_user and m.status = 'active'
    order by w.name, w.id
$$;
"""
# Whether the session that a browser names still lives, asked at every request.
_SESSION = """
create function custos_session(p_session uuid) returns table (
    organization_id bigint, user_id bigint, method text, connection_id bigint,
    seen_at timestamptz, expires_at timestamptz, portal_networks jsonb
) language sql stable security definer set search_path = pg_catalog, public as $$
    select s.organization_id, s.user_id, s.method, s.connection_id, s.seen_at,
           s.expires_at, o.portal_networks
    from public.workspaces_signinsession s
    join public.workspaces_organization o on o.id = s.organization_id
    where s.public_id = p_session and s.ended_at is null
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0006_move_keys")]

    operations = [
        migrations.RemoveConstraint(
            model_name="samlconnection",
            name="connection_required_is_active",
        ),
        migrations.RemoveField(
            model_name="samlconnection",
            name="certificates",
        ),
        migrations.RemoveField(
            model_name="samlconnection",
            name="is_required",
        ),
        migrations.RemoveField(
            model_name="samlconnection",
            name="sp_certificate",
        ),
        migrations.RemoveField(
            model_name="samlconnection",
            name="sp_key",
        ),
        *(
            enable(table, by=By.ORGANIZATION, app=rights, sweeper=())
            for table, rights in (
                (
                    "workspaces_idpcertificate",
                    ("select", "insert", "update", "delete"),
                ),
                ("workspaces_spkey", ("select", "insert", "update", "delete")),
                ("workspaces_rolerule", ("select", "insert", "update", "delete")),
                ("workspaces_signinsession", ("select", "insert", "update", "delete")),
                ("workspaces_signinattempt", ("select", "insert", "update", "delete")),
                (
                    "workspaces_breakglassowner",
                    ("select", "insert", "update", "delete"),
                ),
            )
        ),
        *(
            composite_key(
                table,
                columns="organization_id, connection_id",
                parent="workspaces_samlconnection",
                to="organization_id, id",
            )
            for table in (
                "workspaces_idpcertificate",
                "workspaces_spkey",
                "workspaces_rolerule",
                "workspaces_signinsession",
                "workspaces_signinattempt",
            )
        ),
        composite_key(
            "workspaces_samlconnection",
            columns="organization_id, provisions_into_id",
            parent="workspaces_workspace",
            to="organization_id, id",
        ),
        composite_key(
            "workspaces_rolerule",
            columns="organization_id, workspace_id",
            parent="workspaces_workspace",
            to="organization_id, id",
        ),
        doors(
            _MEMBERSHIPS,
            functions=("custos_memberships_of(bigint)",),
            roles=("app", "sweeper"),
        ),
        doors(_SESSION, functions=("custos_session(uuid)",)),
    ]
