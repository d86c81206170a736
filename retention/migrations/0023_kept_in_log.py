"""Whose details legal holds keep in the audit log, whatever their age."""

from django.db import migrations

from kit.rowsecurity import doors

# Entries name a person by their id as an actor, and by their membership's as a target.
# Answers with ids, never with what is held.
_KEPT = """
create function custos_kept_in_log(p_organization bigint, p_at timestamptz)
    returns table (kind text, id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
    with held as (
        select h.workspace_id, h.membership_id
          from public.retention_holdscope h
          join public.workspaces_workspace w on w.id = h.workspace_id
         where w.organization_id = p_organization
           and (h.released_at is null or h.release_grace_until > p_at)),
    custodian as (
        select distinct m.user_id
          from held join public.workspaces_membership m
            on m.workspace_id = held.workspace_id and m.id = held.membership_id)
    select 'workspace', w.public_id from public.workspaces_workspace w
     where w.organization_id = p_organization
       and (w.id in (select workspace_id from held)
            or exists (select from public.retention_hold o
                        where o.workspace_id = w.id and o.released_at is null))
    union all
    select 'person', u.public_id from public.workspaces_user u
     where u.id in (select user_id from custodian)
    union all
    select 'person', m.public_id
      from public.workspaces_membership m
      join public.workspaces_workspace w on w.id = m.workspace_id
     where w.organization_id = p_organization
       and m.user_id in (select user_id from custodian)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0022_doomed_files_of_a_sweep"),
    ]

    operations = [
        doors(
            _KEPT,
            functions=["custos_kept_in_log(bigint, timestamptz)"],
            roles=("app", "sweeper"),
        ),
    ]
