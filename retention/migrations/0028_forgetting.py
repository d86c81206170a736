"""Whom an erasure took out of the log is forgotten in the rows of people too."""

from django.db import migrations

from kit.rowsecurity import doors

# Who runs the organization is known to it whether they are in a workspace or not.
_WHY = """
create or replace function custos_why_in_log(p_organization bigint, p_person uuid,
    p_at timestamptz) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
    with mine as (
        select m.id, m.workspace_id, m.status
          from public.workspaces_membership m
          join public.workspaces_user u on u.id = m.user_id
          join public.workspaces_workspace w on w.id = m.workspace_id
         where w.organization_id = p_organization and u.public_id = p_person)
    select case
        when exists (
            select from public.retention_holdscope h join mine
                on mine.workspace_id = h.workspace_id and mine.id = h.membership_id
             where h.released_at is null or h.release_grace_until > p_at) then 'held'
        when exists (select from mine where status <> 'removed') then 'member'
        when exists (
            select from public.workspaces_organizationadministrator a
              join public.workspaces_user u on u.id = a.user_id
             where a.organization_id = p_organization and u.public_id = p_person)
            then 'administrator'
        else '' end
$$;
"""
# Under what an organization knows a person, whichever workspace or provider says it.
_KNOWN_AS = """
create function custos_known_as(p_organization bigint, p_person uuid)
returns table (kind text, said text)
language sql stable security definer set search_path = pg_catalog, public as $$
    with who as (select u.id, u.email, u.name from public.workspaces_user u
                  where u.public_id = p_person),
    mine as (
        select m.* from public.workspaces_membership m
          join who on who.id = m.user_id
          join public.workspaces_workspace w on w.id = m.workspace_id
         where w.organization_id = p_organization),
    provided as (
        select s.* from public.workspaces_scimresource s
          join mine on mine.workspace_id = s.workspace_id and mine.id = s.membership_id),
    asked as (
        select j.email, j.name from public.workspaces_joinrequest j
          join who on who.id = j.user_id
          join public.workspaces_workspace w on w.id = j.workspace_id
         where w.organization_id = p_organization)
    select found.kind, found.said::text from (
        select 'id', mine.public_id::text from mine
        union select 'id', provided.public_id::text from provided
        union select 'address', who.email from who
        union select 'address', mine.email from mine
        union select 'address', asked.email from asked
        union select 'address', unnest(provided.email_keys) from provided
        union select 'name', who.name from who
        union select 'name', mine.name from mine
        union select 'name', asked.name from asked
        union select 'name', provided.folded_name from provided
        union select 'name', provided.external_id from provided
        union select 'name', s.uid from public.socialaccount_socialaccount s
          join who on who.id = s.user_id
          join public.workspaces_samlconnection c on c.public_id::text = s.provider
         where c.organization_id = p_organization
    ) found (kind, said) where found.said <> ''
$$;
"""
# The caller holds the lock on what holds cover, taken as a statement of its own.
_FORGET = """
create function custos_forget_person(p_organization bigint, p_person uuid,
    p_addresses text[], p_at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_user bigint;
    v_workspaces bigint[];
    v_members bigint[];
    v_scim uuid[];
    v_why text;
begin
    select u.id into v_user from public.workspaces_user u
     where u.public_id = p_person for update;
    select coalesce(array_agg(w.id), '{}') into v_workspaces
      from public.workspaces_workspace w where w.organization_id = p_organization;
    perform from public.workspaces_membership m
      where m.user_id = v_user and m.workspace_id = any(v_workspaces)
      order by m.id for update;
    v_why := public.custos_why_in_log(p_organization, p_person, p_at);
    if v_why <> '' then
        return v_why;
    end if;

    select coalesce(array_agg(m.id), '{}') into v_members
      from public.workspaces_membership m
     where m.user_id = v_user and m.workspace_id = any(v_workspaces);
    update public.workspaces_membership m
       set email = m.public_id::text || '@erased.invalid', name = ''
     where m.id = any(v_members);

    delete from public.workspaces_invitation i
     where i.workspace_id = any(v_workspaces)
       and (i.membership_id = any(v_members) or i.email = any(p_addresses));
    delete from public.workspaces_joinrequest j
     where j.workspace_id = any(v_workspaces)
       and (j.user_id = v_user or j.email = any(p_addresses));
    with gone as (
        delete from public.workspaces_scimresource s
         where s.workspace_id = any(v_workspaces) and s.kind = 'User'
           and (s.membership_id = any(v_members)
                or s.membership_id is null and (s.folded_name = any(p_addresses)
                   or s.email_keys && p_addresses::varchar[]))
        returning s.public_id)
    select coalesce(array_agg(public_id), '{}') into v_scim from gone;
    delete from public.workspaces_groupmember g
     where g.workspace_id = any(v_workspaces)
       and (g.membership_id = any(v_members) or g.subject = any(v_scim));
    update public.workspaces_connectorgrant c
       set sealed_account = '', account_domain = ''
     where c.workspace_id = any(v_workspaces) and c.membership_id = any(v_members);

    delete from public.workspaces_notice n
     where n.organization_id = p_organization
       and (n.email = any(p_addresses) or exists (
            select from unnest(p_addresses) a
             where strpos(lower(n.subject || chr(10) || n.text), a) > 0));
    -- Lists of people that somebody uploaded, and what became of each.
    update public.workspaces_job j
       set arguments = '{}', result_blob_id = null, result_name = ''
     where j.organization_id = p_organization and j.ended_at is not null
       and (j.kind in ('invitations.send', 'members.bulk')
            or j.requested_by = p_person::text);
    update public.retention_erasure e set reason = ''
     where e.workspace_id = any(v_workspaces) and e.reason is not null
       and e.ended_at is not null and e.membership_id = any(v_members);

    delete from public.workspaces_signinattempt a
     where a.organization_id = p_organization and a.name_id_hash in (
        select s.name_id_hash from public.workspaces_signinsession s
         where s.organization_id = p_organization and s.user_id = v_user);
    delete from public.workspaces_signinsession s
     where s.organization_id = p_organization and s.user_id = v_user;
    delete from public.workspaces_breakglassowner b
     where b.organization_id = p_organization and b.user_id = v_user;
    delete from public.socialaccount_socialaccount s
     where s.user_id = v_user and s.provider in (
        select c.public_id::text from public.workspaces_samlconnection c
         where c.organization_id = p_organization);

    -- The account itself goes with the last organization that knows it.
    if not exists (
        select from public.workspaces_membership m
         where m.user_id = v_user
           and m.email <> m.public_id::text || '@erased.invalid')
       and not exists (select from public.workspaces_organizationadministrator a
                        where a.user_id = v_user) then
        delete from public.workspaces_mailedsecret where user_id = v_user;
        delete from public.workspaces_breakglasscredential where user_id = v_user;
        delete from public.mfa_authenticator where user_id = v_user;
        delete from public.account_emailaddress where user_id = v_user;
        delete from public.usersessions_usersession where user_id = v_user;
        delete from public.socialaccount_socialaccount where user_id = v_user;
        update public.workspaces_user
           set email = public_id::text || '@erased.invalid', name = '',
               password = '!', last_login = null, is_active = false
         where id = v_user and not is_operator;
    end if;
    return '';
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0027_bounds_drafts"),
        ("workspaces", "0032_closing"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(_WHY, migrations.RunSQL.noop),
        doors(_KNOWN_AS, functions=["custos_known_as(bigint, uuid)"]),
        doors(
            _FORGET,
            functions=["custos_forget_person(bigint, uuid, text[], timestamptz)"],
            roles=("sweeper",),
        ),
    ]
