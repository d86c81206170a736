"""Who may write what: insert-only rows, scope policies, guards, and the first state."""

from django.conf import settings
from django.db import migrations

from kit.rowsecurity import By, enable

_ROLES = settings.DATABASE_ROLES
_APP, _SWEEPER, _SEQUENCER = (_ROLES[name] for name in ("app", "sweeper", "sequencer"))
_MINE = (
    "organization_id = nullif(current_setting('custos.organization', true), '')::bigint"
)

# The setting alone opens nothing: it counts only for whoever owns the table, and
# whoever owns it could drop the trigger as well. It is there so that pruning and the
# demonstration of tampering need no table lock.
_REFUSE_CHANGE = """
create function audit_refuse_change() returns trigger language plpgsql as $$
begin
    if current_setting('custos.audit_door', true) = 'open' and pg_has_role(
        current_user, (select relowner from pg_class where oid = tg_relid), 'usage')
    then
        return null;
    end if;
    raise exception '% on % is refused: the audit log is append-only', tg_op,
        tg_table_name using errcode = 'insufficient_privilege';
end $$;
"""
_DROP_REFUSE_CHANGE = "drop function audit_refuse_change();"
_APPEND_ONLY = ("audit_entry", "audit_block", "audit_tile")

# A restored dump or a promoted replica counts its transactions anew: entries written
# there before a new epoch is opened could never be sealed. Asked once a session.
_CLUSTER_GUARD = """
create function audit_refuse_other_cluster() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if current_setting('custos.audit_cluster', true) is distinct from 'known' then
        if not exists (
            select from public.audit_sequencer s, pg_control_system() c
            where s.system_identifier = c.system_identifier)
        then
            raise exception 'the audit log belongs to another database cluster:'
                ' open a new epoch before writing';
        end if;
        perform set_config('custos.audit_cluster', 'known', false);
    end if;
    return null;
end $$;
create trigger audit_entry_cluster before insert on audit_entry
    for each statement execute function audit_refuse_other_cluster();
"""
_DROP_CLUSTER_GUARD = """
drop trigger audit_entry_cluster on audit_entry;
drop function audit_refuse_other_cluster();
"""

_FIRST_STATE = """
insert into audit_sequencer (id, epoch, bound_epoch, bound_xid, bound_id,
    system_identifier)
select 1, 1, 1, '0', 0, system_identifier from pg_control_system();
"""


def _append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"create trigger {table}_append_only before update or delete or truncate"
        f" on {table} for each statement execute function audit_refuse_change()",
        f"drop trigger {table}_append_only on {table}",
    )


def _entries() -> migrations.RunSQL:
    """Inserts name an organization and a leaf, nothing else.

    The columns that decide the order (epoch, xid, id) come from defaults that no
    runtime role may override; the policy repeats that for the transaction id. It is
    no CHECK, which would make a dump unrestorable.
    """
    fresh = "xid = pg_current_xact_id()"
    return migrations.RunSQL(
        [
            "alter table audit_entry enable row level security",
            f"revoke all on audit_entry from {_APP}, {_SWEEPER}, {_SEQUENCER}",
            f"grant select, insert (organization_id, leaf) on audit_entry"
            f" to {_APP}, {_SWEEPER}",
            f"grant select on audit_entry to {_SEQUENCER}",
            f"create policy app_read on audit_entry for select to {_APP}"
            f" using ({_MINE})",
            f"create policy app_append on audit_entry for insert to {_APP}"
            f" with check ({_MINE} and {fresh})",
            f"create policy sweeper_read on audit_entry for select to {_SWEEPER}"
            " using (true)",
            f"create policy sweeper_append on audit_entry for insert to {_SWEEPER}"
            f" with check ({fresh})",
            f"create policy sequencer_read on audit_entry for select to {_SEQUENCER}"
            " using (true)",
        ],
        migrations.RunSQL.noop,
    )


def _for_sequencer(table: str, *rights: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        [
            f"revoke all on {table} from {_SEQUENCER}",
            f"grant {', '.join(rights)} on {table} to {_SEQUENCER}",
            f"create policy sequencer_all on {table} to {_SEQUENCER}"
            " using (true) with check (true)",
        ],
        migrations.RunSQL.noop,
    )


def _state() -> migrations.RunSQL:
    return migrations.RunSQL(
        [
            f"revoke all on audit_sequencer from {_APP}, {_SWEEPER}, {_SEQUENCER}",
            f"grant select on audit_sequencer to {_APP}, {_SWEEPER}",
            f"grant select, update on audit_sequencer to {_SEQUENCER}",
        ],
        migrations.RunSQL.noop,
    )


def _scoped(table: str, *, app: str, sweeper: str) -> migrations.RunSQL:
    return enable(table, by=By.ORGANIZATION, app=app.split(), sweeper=sweeper.split())


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(_REFUSE_CHANGE, _DROP_REFUSE_CHANGE),
        *(_append_only(table) for table in _APPEND_ONLY),
        _entries(),
        enable(
            "audit_log",
            by=By.ORGANIZATION,
            app=("select", "insert"),
            for_operator=True,
        ),
        _scoped("audit_detail", app="select insert", sweeper="select insert delete"),
        _scoped("audit_block", app="select", sweeper="select"),
        _scoped("audit_tile", app="select", sweeper="select"),
        _scoped("audit_facet", app="select", sweeper="select update"),
        _scoped("audit_verification", app="select insert update", sweeper="select"),
        _for_sequencer("audit_log", "select"),
        _for_sequencer("audit_detail", "select (entry_id, part, subject)"),
        _for_sequencer("audit_block", "select", "insert"),
        _for_sequencer("audit_tile", "select", "insert"),
        _for_sequencer("audit_facet", "select", "insert"),
        _state(),
        migrations.RunSQL(_CLUSTER_GUARD, _DROP_CLUSTER_GUARD),
        migrations.RunSQL(_FIRST_STATE, migrations.RunSQL.noop),
    ]
