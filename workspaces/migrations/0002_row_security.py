"""Row-level security, keys inside a workspace, cascades, and the doors before a scope."""

from django.db import migrations

from kit.rowsecurity import By, cascade, composite_key, doors, enable

# A key older than this without content counts as an orphan (reference: vault rule),
# so content may only be stored with a younger one.
_KEY_AGE_TRIGGER = """
create function workspaces_refuse_old_key() returns trigger language plpgsql as $$
begin
    if new.key_made_at <= now() - interval '1 hour' then
        raise exception 'the data key of this conversation is older than one hour';
    end if;
    return new;
end $$;
create trigger conversation_key_is_young before insert on workspaces_conversation
    for each row execute function workspaces_refuse_old_key();
"""

# What must be known before a scope is open: which tenant a URL or person means.
# They run as the owner and answer with ids, never with another person's rows.
_DOORS = """
create function custos_workspace(p_slug text) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, w.id, w.public_id, w.slug, w.name, w.plan
    from public.workspaces_workspace w
    join public.workspaces_organization o on o.id = w.organization_id
    where w.slug = p_slug
$$;
create function custos_organization(p_slug text) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name
    from public.workspaces_organization o where o.slug = p_slug
$$;
create function custos_memberships_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, membership_id bigint, membership_uuid uuid, role text,
    generation int
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, w.id, w.public_id, w.slug, w.name,
           w.plan, m.id, m.public_id, m.role, m.generation
    from public.workspaces_membership m
    join public.workspaces_workspace w on w.id = m.workspace_id
    join public.workspaces_organization o on o.id = w.organization_id
    where m.user_id = p_user and m.status = 'active'
    order by w.name, w.id
$$;
create function custos_administrations_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, role text
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, a.role
    from public.workspaces_organizationadministrator a
    join public.workspaces_organization o on o.id = a.organization_id
    where a.user_id = p_user
    order by o.name, o.id
$$;
"""

_FUNCTIONS = (
    "custos_workspace(text)",
    "custos_organization(text)",
    "custos_memberships_of(bigint)",
    "custos_administrations_of(bigint)",
)


_CONTENT = "workspaces_conversation"


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_initial")]

    operations = [
        enable(
            "workspaces_organization",
            by=By.ORGANIZATION,
            column="id",
            for_operator=True,
        ),
        enable("workspaces_workspace", by=By.ORGANIZATION, for_operator=True),
        enable(
            "workspaces_organizationadministrator",
            by=By.ORGANIZATION,
            app=("select", "insert", "update", "delete"),
        ),
        enable("workspaces_membership"),
        enable("workspaces_import", sweeper=("select", "update")),
        enable(_CONTENT, sweeper=("select", "update", "delete")),
        enable("workspaces_message", app=("select", "insert")),
        enable("workspaces_file", app=("select", "insert", "update")),
        composite_key(
            _CONTENT,
            columns="workspace_id, owner_id",
            parent="workspaces_membership",
            to="workspace_id, id",
        ),
        cascade(
            "workspaces_message",
            columns="workspace_id, conversation_id",
            parent=_CONTENT,
            to="workspace_id, id",
        ),
        cascade(
            "workspaces_file",
            columns="workspace_id, conversation_id",
            parent=_CONTENT,
            to="workspace_id, id",
        ),
        migrations.RunSQL(
            _KEY_AGE_TRIGGER,
            "drop trigger conversation_key_is_young on workspaces_conversation;"
            "drop function workspaces_refuse_old_key();",
        ),
        doors(_DOORS, functions=_FUNCTIONS, roles=("app", "sweeper")),
    ]
