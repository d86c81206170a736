"""Row-level security of jobs and notices, and what /operator/ may read."""

from django.conf import settings
from django.db import migrations

from kit.rowsecurity import By, doors, enable
from kit.scoping import OPERATOR_SETTING

# Work of all organizations that waits: ids only, each is then opened in its scope.
_DOORS = """
create function custos_due_jobs(p_limit int) returns table (
    job_id bigint, organization_id bigint
) language sql volatile security definer set search_path = pg_catalog, public as $$
    select j.id, j.organization_id from public.workspaces_job j
     where j.state = 'queued' or (j.state = 'running' and j.leased_until < now())
     order by j.id limit p_limit
$$;
create function custos_due_notices(p_at timestamptz, p_limit int) returns table (
    notice_id bigint, organization_id bigint
) language sql volatile security definer set search_path = pg_catalog, public as $$
    select n.id, n.organization_id from public.workspaces_notice n
     where n.sent_at is null and n.given_up_at is null and n.due_at <= p_at
     order by n.due_at, n.id limit p_limit
$$;
"""
_FUNCTIONS = ("custos_due_jobs(int)", "custos_due_notices(timestamptz, int)")


def _operator_reads(table: str) -> migrations.RunSQL:
    """/operator/ shows who is where, and can change none of it."""
    return migrations.RunSQL(
        f"create policy operator_reads on {table} for select"
        f" to {settings.DATABASE_ROLES['app']}"
        f" using (current_setting('{OPERATOR_SETTING}', true) = 'on')",
        f"drop policy operator_reads on {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_sign_in_security")]

    operations = [
        enable("workspaces_job", by=By.ORGANIZATION, sweeper=()),
        enable("workspaces_notice", by=By.ORGANIZATION, sweeper=()),
        doors(_DOORS, functions=_FUNCTIONS),
        _operator_reads("workspaces_membership"),
        _operator_reads("workspaces_organizationadministrator"),
    ]
