"""A door to the workspace of a hold, for a command that names nothing else."""

from django.db import migrations

from kit.rowsecurity import doors

_DOOR = """
create function custos_workspace_of_hold(p_hold uuid) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
    select w.slug from public.retention_hold h
    join public.workspaces_workspace w on w.id = h.workspace_id
    where h.public_id = p_hold
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("retention", "0004_destroying_keeps_nobody_waiting")]

    operations = [doors(_DOOR, functions=("custos_workspace_of_hold(uuid)",))]
