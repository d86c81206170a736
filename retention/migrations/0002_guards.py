"""Row-level security, keys inside a workspace, and the guard against deleting held rows."""

from django.conf import settings
from django.db import migrations

from kit.rowsecurity import composite_key, enable

_HOLDS = "retention_holdscope"
_RUNS = "retention_sweeprun"
_ORPHANS = "retention_orphansearch"

# LOCK TABLE in share mode needs a right to change rows; without a policy for it the
# right reaches no row, so the sweeper can shut hold writers out but change nothing.
_SWEEPER_LOCKS_HOLDS = """
drop policy sweeper_all on {holds};
create policy sweeper_reads on {holds} for select to {sweeper} using (true);
grant update on {holds} to {sweeper};
"""

# Runs and the search for orphans belong to the installation and name no tenant.
_RUN_RIGHTS = """
revoke all on {runs} from {app}, {sweeper};
grant select, insert on {runs} to {app};
grant select, insert, update on {runs} to {sweeper};
revoke all on {orphans} from {app}, {sweeper};
grant select, insert, update on {orphans} to {sweeper};
"""

# The second line behind the lock and the batch's own condition: whatever deletes a
# held conversation, by whatever role, fails as a whole. The owner's rights let it see
# every hold. `custos.at` is the batch's clock, which a demonstration may have set.
_GUARD = """
create function retention_refuse_held() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    moment timestamptz :=
        coalesce(nullif(current_setting('custos.at', true), '')::timestamptz, now());
begin
    if exists (
        select from gone g join public.retention_holdscope h
            on h.workspace_id = g.workspace_id and h.membership_id = g.owner_id
        where h.released_at is null or h.release_grace_until > moment
    ) or exists (
        select from gone g join public.retention_holdscope h
            on h.workspace_id = g.workspace_id and h.conversation_id = g.id
        where h.released_at is null or h.release_grace_until > moment
    ) then
        raise exception 'a legal hold covers what was to be deleted'
            using errcode = 'integrity_constraint_violation',
                  constraint = 'conversation_is_not_held';
    end if;
    return null;
end $$;
create trigger conversation_is_not_held after delete on workspaces_conversation
    referencing old table as gone
    for each statement execute function retention_refuse_held();
"""
_NO_GUARD = """
drop trigger conversation_is_not_held on workspaces_conversation;
drop function retention_refuse_held();
"""


def _with_roles(sql: str) -> migrations.RunSQL:
    tables = {"holds": _HOLDS, "runs": _RUNS, "orphans": _ORPHANS}
    text = sql.format(**tables, **settings.DATABASE_ROLES)
    return migrations.RunSQL(text, migrations.RunSQL.noop)


def _inside(table: str, column: str, parent: str) -> migrations.RunSQL:
    return composite_key(
        table, columns=f"workspace_id, {column}", parent=parent, to="workspace_id, id"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0001_initial"),
        ("workspaces", "0002_row_security"),
    ]

    operations = [
        enable("retention_hold"),
        enable(_HOLDS),
        _with_roles(_SWEEPER_LOCKS_HOLDS),
        enable("retention_policy", app=("select", "insert")),
        _with_roles(_RUN_RIGHTS),
        enable(
            "retention_sweep",
            app=("select", "insert"),
            sweeper=("select", "insert", "update"),
        ),
        enable(
            "retention_sweepslice",
            app=("select",),
            sweeper=("select", "insert", "update"),
        ),
        enable(
            "retention_doom",
            app=("select",),
            sweeper=("select", "insert", "update"),
        ),
        enable("retention_receipt", app=("select",), sweeper=("select", "insert")),
        _inside(_HOLDS, "hold_id", "retention_hold"),
        _inside(_HOLDS, "membership_id", "workspaces_membership"),
        _inside("retention_policy", "membership_id", "workspaces_membership"),
        _inside("retention_sweepslice", "sweep_id", "retention_sweep"),
        _inside("retention_receipt", "sweep_id", "retention_sweep"),
        migrations.RunSQL(_GUARD, _NO_GUARD),
    ]
