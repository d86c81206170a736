"""How far the closing of a workspace has come, and what the database then refuses."""

from django.conf import settings
from django.db import migrations, models

from kit.rowsecurity import doors

# As before, and not for members of a workspace that is being emptied: there only who
# looks after holds enters, and nobody once it is closed.
_MEMBERSHIPS = """
drop function custos_memberships_of(bigint);
create function custos_memberships_of(p_user bigint) returns table (
    organization_id bigint, organization_uuid uuid, organization_slug text,
    organization_name text, workspace_id bigint, workspace_uuid uuid, slug text,
    name text, plan text, membership_id bigint, membership_uuid uuid, role text,
    generation int, sso text, granted text[], acknowledge_from timestamptz,
    state text, closes_at timestamptz
) language sql stable security definer set search_path = pg_catalog, public as $$
    select o.id, o.public_id, o.slug, o.name, w.id, w.public_id, w.slug, w.name,
           w.plan, m.id, m.public_id, m.role, m.generation, w.sso,
           coalesce((
               select array_agg(distinct g.permission)
               from public.workspaces_roleassignment a
               join public.workspaces_rolegrant g on g.role_id = a.role_id
               where a.workspace_id = m.workspace_id
                 and (a.membership_id = m.id or a.group_id in (
                     select x.group_id from public.workspaces_groupmember x
                     where x.workspace_id = m.workspace_id
                       and x.membership_id = m.id))), '{}'),
           (select case when p.text <> '' then coalesce((
                   select max(k.acknowledged_at) + interval '30 days'
                   from public.workspaces_acknowledgement k
                   where k.workspace_id = m.workspace_id
                     and k.membership_id = m.id and k.version = p.version), p.set_at)
               end
            from public.workspaces_policytext p
            where p.workspace_id = m.workspace_id order by p.version desc limit 1),
           w.state, w.closes_at
    from public.workspaces_membership m
    join public.workspaces_workspace w on w.id = m.workspace_id
    join public.workspaces_organization o on o.id = w.organization_id
    where m.user_id = p_user and m.status = 'active'
      and (w.state in ('open', 'closing')
           or w.state = 'emptying' and m.role in ('owner', 'compliance_officer'))
    order by w.name, w.id
$$;
"""
# Every kind of content has the first trigger, those to come too. What the product plants
# itself, and what a hold's officers take out, are no content that anybody brings; the
# rest of what tells of content has the second one, with the states that refuse it.
# The lock keeps the last step of a closing waiting for whoever asked before it began:
# the foreign key, which takes the same one, is deferred and asks at the commit.
_REFUSE = """
create or replace function workspaces_refuse_old_key() returns trigger
language plpgsql as $$
declare
    now_is text;
begin
    if new.key_made_at <= now() - interval '1 hour' then
        raise exception 'the data key of this conversation is older than one hour';
    end if;
    select w.state into now_is from workspaces_workspace w
        where w.id = new.workspace_id for key share;
    if now_is = 'closed' or now_is <> 'open' and tg_table_name not in
            ('retention_canary', 'retention_matterexport') then
        raise exception 'the workspace is being closed' using errcode = 'CU001';
    end if;
    return new;
end $$;
create function workspaces_refuse_in_state() returns trigger language plpgsql as $$
begin
    if exists (select from workspaces_workspace w where w.id = new.workspace_id
               and w.state = any (tg_argv)) then
        raise exception 'the workspace is being closed' using errcode = 'CU001';
    end if;
    return new;
end $$;
create trigger import_takes_in before insert on workspaces_import for each row
    execute function workspaces_refuse_in_state('closing', 'emptying', 'closed');
create trigger gpt_version_takes_in before insert on workspaces_gptversion
    for each row
    execute function workspaces_refuse_in_state('closing', 'emptying', 'closed');
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0031_kinds_by_age")]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("closing", "Closing"),
                    ("emptying", "Emptying"),
                    ("closed", "Closed"),
                ],
                default="open",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="workspace",
            name="closes_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closes_at__isnull", True), ("state", "open")),
                    models.Q(
                        ("closes_at__isnull", False),
                        ("state__in", ["closing", "emptying", "closed"]),
                    ),
                    _connector="OR",
                ),
                name="workspace_state_with_its_date",
            ),
        ),
        doors(
            _MEMBERSHIPS,
            functions=("custos_memberships_of(bigint)",),
            roles=("app", "sweeper"),
        ),
        migrations.RunSQL(_REFUSE, migrations.RunSQL.noop),
        # The last step of a closing runs as the sweeper, under the lock on holds.
        migrations.RunSQL(
            "grant update (state) on workspaces_workspace to "
            + settings.DATABASE_ROLES["sweeper"],
            migrations.RunSQL.noop,
        ),
    ]
