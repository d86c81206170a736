"""Whether an erasure takes the person out of the audit log, and why not."""

from django.db import migrations, models

from kit.rowsecurity import doors

# A hold of any workspace of the organization keeps its custodian in the log. Answers
# with a word, never with what is held.
_WHY = """
create function custos_why_in_log(p_organization bigint, p_person uuid,
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
        else '' end
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0020_matter_exports"),
    ]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="from_log",
            field=models.BooleanField(default=False),
        ),
        doors(
            _WHY,
            functions=["custos_why_in_log(bigint, uuid, timestamptz)"],
        ),
    ]
