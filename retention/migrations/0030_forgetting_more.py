"""An erased person is forgotten in names of keys, refused sign-ins and job results too."""

from django.db import migrations

# The caller holds the lock on what holds cover, taken as a statement of its own.
_FORGET = """
create or replace function custos_forget_person(p_organization bigint, p_person uuid,
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

    -- A list that is being worked through may name them in what it leaves.
    if exists (
        select from public.workspaces_job j
         where j.organization_id = p_organization and j.ended_at is null
           and j.kind in ('invitations.send', 'members.bulk')) then
        return 'listed';
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
    with listed as (
        select j.id, j.result_blob_id from public.workspaces_job j
         where j.organization_id = p_organization and j.ended_at is not null
           and (j.kind in ('invitations.send', 'members.bulk')
                or j.requested_by = p_person::text)),
    doomed as (
        insert into public.retention_doom (kind, object_id, doomed_at)
        select 'blob', l.result_blob_id, p_at from listed l
         where l.result_blob_id is not null
        on conflict (kind, object_id) do nothing)
    update public.workspaces_job j
       set arguments = '{}', result_blob_id = null, result_name = ''
      from listed l where l.id = j.id;
    update public.retention_erasure e set reason = ''
     where e.workspace_id = any(v_workspaces) and e.reason is not null
       and e.ended_at is not null and e.membership_id = any(v_members);

    -- Their keys ended with their membership; what they called one says who.
    update public.workspaces_apikey k set name = k.hint, networks = '[]'
     where k.organization_id = p_organization and k.owner_id = v_user;

    delete from public.workspaces_signinattempt a
     where a.organization_id = p_organization
       and (a.name_id_hash in (
               select s.name_id_hash from public.workspaces_signinsession s
                where s.organization_id = p_organization and s.user_id = v_user)
            or exists (
               select from unnest(p_addresses) said
                where strpos(lower(a.received), said) > 0));
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
        ("retention", "0029_gpt_files"),
        ("workspaces", "0032_closing"),
    ]

    operations = [migrations.RunSQL(_FORGET, migrations.RunSQL.noop)]
