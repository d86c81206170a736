"""Moves no address of somebody who may do more than a member; codes by browser."""

from django.db import migrations, models

from kit.rowsecurity import doors

# Whoever may write a workspace's users must not gain, by moving an address, what its
# person may do elsewhere or above: only who is nothing but a member of one workspace,
# with the role of that name, gets another one.
_DOORS = """
create function custos_readdress(
    p_user bigint, p_workspace bigint, p_before text, p_after text
) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
    v_organization bigint;
begin
    select w.organization_id into v_organization
      from public.workspaces_workspace w where w.id = p_workspace;
    perform from public.workspaces_user
     where id = p_user and email = p_before and not is_operator for update;
    if not found
       or exists (select from public.workspaces_user where email = p_after)
       or exists (
            select from public.workspaces_membership m
             where m.user_id = p_user
               and (m.workspace_id <> p_workspace or m.role <> 'member'))
       or exists (
            select from public.workspaces_organizationadministrator a
             where a.user_id = p_user)
       or 2 <> (
            select count(distinct d.domain) from public.workspaces_maildomain d
             where d.organization_id = v_organization and d.proven_at is not null
               and d.domain in (
                   split_part(p_before, '@', 2), split_part(p_after, '@', 2)))
              + (split_part(p_before, '@', 2) = split_part(p_after, '@', 2))::int
    then
        return false;
    end if;
    update public.workspaces_user set email = p_after where id = p_user;
    update public.workspaces_membership set email = p_after where user_id = p_user;
    return true;
end $$;
"""
_FUNCTIONS = ("custos_readdress(bigint, bigint, text, text)",)


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0021_projects")]

    operations = [
        migrations.RunSQL(
            "drop function custos_readdress(bigint, bigint, text, text)",
            migrations.RunSQL.noop,
        ),
        doors(_DOORS, functions=_FUNCTIONS),
        # A stranger who asks in another browser must not end the code of a person.
        migrations.RemoveConstraint(
            model_name="mailedsecret", name="mailed_secret_one_of_each"
        ),
        migrations.AddConstraint(
            model_name="mailedsecret",
            constraint=models.UniqueConstraint(
                fields=("user", "purpose", "browser_hash"),
                name="mailed_secret_one_of_each",
                nulls_distinct=False,
            ),
        ),
    ]
