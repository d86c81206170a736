"""Migration operations that give a table its owner column's row-level security.

The policies are the second line behind `kit.scoping`: the app role sees rows of the
open scope only; the sweeper has a policy of its own in place of BYPASSRLS (same
speed, needs no superuser, limited to the tables that name it).
"""

from collections.abc import Iterable
from enum import StrEnum

from django.conf import settings
from django.db import migrations

from kit import scoping


class By(StrEnum):
    """Which setting owns the rows of a table."""

    WORKSPACE = "workspace"
    ORGANIZATION = "organization"


_SETTING = {
    By.WORKSPACE: scoping.WORKSPACE_SETTING,
    By.ORGANIZATION: scoping.ORGANIZATION_SETTING,
}


def enable(
    table: str,
    *,
    by: By = By.WORKSPACE,
    column: str = "",
    app: Iterable[str] = ("select", "insert", "update"),
    sweeper: Iterable[str] = ("select",),
    for_operator: bool = False,
) -> migrations.RunSQL:
    """Row-level security on `table`, with exactly the named rights for each role.

    `nullif` is needed: after the first transaction of a connection the setting is
    an empty string, not NULL.
    """
    column = column or f"{by.value}_id"
    mine = f"{column} = nullif(current_setting('{_SETTING[by]}', true), '')::bigint"
    if for_operator:
        mine += f" or current_setting('{scoping.OPERATOR_SETTING}', true) = 'on'"
    statements = [*_app_sees(table, mine, app), *_sweeper_sees(table, sweeper)]
    return migrations.RunSQL(";\n".join(statements), migrations.RunSQL.noop)


def _app_sees(table: str, mine: str, rights: Iterable[str]) -> list[str]:
    roles = settings.DATABASE_ROLES
    return [
        f"alter table {table} enable row level security",
        f"revoke all on {table} from {roles['app']}, {roles['sweeper']}",
        f"grant {', '.join(rights)} on {table} to {roles['app']}",
        f"create policy app_scope on {table} to {roles['app']}"
        f" using ({mine}) with check ({mine})",
    ]


def _sweeper_sees(table: str, rights: Iterable[str]) -> list[str]:
    role = settings.DATABASE_ROLES["sweeper"]
    if not rights:
        return []
    return [
        f"grant {', '.join(rights)} on {table} to {role}",
        f"create policy sweeper_all on {table} to {role}"
        " using (true) with check (true)",
    ]


def cascade(table: str, *, columns: str, parent: str, to: str) -> migrations.RunSQL:
    """Replaces the key of `table(columns)` by one that cascades in the database.

    The purge deletes parents only; Django 5.2 cannot declare this, and a later
    AlterField silently drops it: `retention.checks` compares at start-up.
    """
    name = f"{table}_{columns.replace(', ', '_')}_cascade"
    return migrations.RunSQL(
        f"alter table {table} add constraint {name} foreign key ({columns})"
        f" references {parent} ({to}) on delete cascade",
        f"alter table {table} drop constraint {name}",
    )


def composite_key(
    table: str, *, columns: str, parent: str, to: str
) -> migrations.RunSQL:
    """A reference inside a workspace: row-level security does not stop others."""
    name = f"{table}_{columns.replace(', ', '_')}_fk"
    return migrations.RunSQL(
        f"alter table {table} add constraint {name} foreign key ({columns})"
        f" references {parent} ({to})",
        f"alter table {table} drop constraint {name}",
    )


def content_root(table: str, *, changes: Iterable[str]) -> list[migrations.RunSQL]:
    """What each table of a simple kind has: row security and few rights, young keys.

    The app may change `changes` only, and delete nothing; the sweeper deletes. Its
    guard against deleting held rows comes with a migration of retention.
    """
    app = settings.DATABASE_ROLES["app"]
    columns = ", ".join(["deleted_at", "deleted_by", *changes])
    return [
        enable(table, app=("select", "insert"), sweeper=("select", "update", "delete")),
        migrations.RunSQL(
            f"grant update ({columns}) on {table} to {app}",
            f"revoke update ({columns}) on {table} from {app}",
        ),
        # A key without content counts as an orphan an hour after it was made.
        migrations.RunSQL(
            f"create trigger {table}_key_is_young before insert on {table}"
            " for each row execute function workspaces_refuse_old_key()",
            f"drop trigger {table}_key_is_young on {table}",
        ),
    ]


def doors(
    sql: str, *, functions: Iterable[str], roles: Iterable[str] = ("app",)
) -> migrations.RunSQL:
    """Functions that run as the owner, callable by nobody but these roles.

    For what must be known before a scope is open; each answers with ids of what its
    caller may learn, and pins its own search path.
    """
    names = [settings.DATABASE_ROLES[role] for role in roles]
    rights = "".join(
        f"revoke all on function {function} from public;"
        f"grant execute on function {function} to {', '.join(names)};"
        for function in functions
    )
    drop = "".join(f"drop function {function};" for function in functions)
    return migrations.RunSQL(sql + rights, drop)
