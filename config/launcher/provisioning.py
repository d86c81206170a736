"""Creates roles and databases, as a superuser or a role that may create both.

Four roles share the content database: the owner migrates, the app serves, the sweeper
purges, the sequencer seals. The vault is a database of its own with one role. Running
it again changes nothing but what was altered by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config.launcher.problems import CannotStart

# Time-outs: a transaction left open would hold back the seal of the audit log, and
# with it every sweep. The owner's migrations may take longer.
_TIMEOUTS = {
    "owner": {"idle_in_transaction_session_timeout": "5min"},
    "app": {
        "idle_in_transaction_session_timeout": "30s",
        "transaction_timeout": "5min",
    },
    "sweeper": {
        "idle_in_transaction_session_timeout": "30s",
        "transaction_timeout": "5min",
    },
    "sequencer": {
        "idle_in_transaction_session_timeout": "15s",
        "transaction_timeout": "1min",
    },
    "vault": {
        "idle_in_transaction_session_timeout": "30s",
        "transaction_timeout": "5min",
    },
}
_TRANSACTION_TIMEOUT_SINCE = 170000
# They look at other roles' open transactions: the sequencer for its horizon, the
# sweeper to find keys whose content never came.
_WATCHERS = ("sequencer", "sweeper")
CONTENT_ROLES = ("owner", "app", "sweeper", "sequencer")
VAULT_ROLE = "vault"


@dataclass(frozen=True, kw_only=True)
class Logins:
    """The names and passwords of the roles of one installation."""

    prefix: str
    passwords: Mapping[str, str]

    def name(self, role: str) -> str:
        """The role's name in PostgreSQL."""
        return f"{self.prefix}_{role}"

    def url(self, role: str, *, base: str) -> str:
        """`base`, connected as `role`."""
        parts = urlsplit(base)
        where = parts.netloc.rpartition("@")[2]
        who = f"{self.name(role)}:{self.passwords[role]}"
        return parts._replace(netloc=f"{who}@{where}").geturl()


def create_database(admin_url: str, *, name: str, owner: str) -> str:
    """Create a database where it is missing; its address for the same admin."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        exists = admin.execute("select 1 from pg_database where datname = %s", [name])
        if exists.fetchone() is None:
            text = "create database {} owner {} template template0 encoding 'UTF8'"
            admin.execute(
                sql.SQL(text).format(sql.Identifier(name), sql.Identifier(owner))
            )
    return urlsplit(admin_url)._replace(path=f"/{name}").geturl()


def create_roles(admin_url: str, *, roles: tuple[str, ...], logins: Logins) -> None:
    """Create the roles that are missing and set what each may do for how long."""
    with psycopg.connect(admin_url) as admin:
        for role in roles:
            _create_role(admin, role, logins)
            _limit(admin, role, logins)
        if "sequencer" in roles:
            for role in _WATCHERS:
                name = sql.Identifier(logins.name(role))
                admin.execute(sql.SQL("grant pg_read_all_stats to {}").format(name))


def open_content(admin_url: str, *, logins: Logins) -> None:
    """Let the roles into the content database, and into tables yet to be made.

    Row-level security narrows tenant-owned tables further (kit.rowsecurity).
    """
    _execute(admin_url, _DOORS, database=_database(admin_url), logins=logins)
    owner_url = logins.url("owner", base=admin_url)
    _execute(owner_url, _TABLES_TO_COME, database=_database(admin_url), logins=logins)


_DOORS = (
    "revoke all on database {database} from public",
    "grant connect on database {database} to {owner}, {app}, {sweeper}, {sequencer}",
    "grant create, usage on schema public to {owner}",
    "grant usage on schema public to {app}, {sweeper}, {sequencer}",
)
_TABLES_TO_COME = (
    "alter default privileges in schema public"
    " grant select, insert, update, delete on tables to {app}",
    "alter default privileges in schema public"
    " grant select on tables to {sweeper}, {sequencer}",
    "alter default privileges in schema public"
    " grant usage, select on sequences to {app}, {sweeper}, {sequencer}",
)


def open_vault(admin_url: str, *, logins: Logins) -> None:
    """Let nobody but its own role into the vault."""
    statement = ("revoke all on database {database} from public",)
    _execute(admin_url, statement, database=_database(admin_url), logins=logins)


def _database(url: str) -> str:
    return urlsplit(url).path.strip("/")


def _execute(
    url: str, statements: tuple[LiteralString, ...], *, database: str, logins: Logins
) -> None:
    names = {role: sql.Identifier(logins.name(role)) for role in CONTENT_ROLES}
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(
                sql.SQL(statement).format(database=sql.Identifier(database), **names)
            )


def demand_logins(urls: Mapping[str, str]) -> None:
    """Make sure that every role gets in with the password that we keep."""
    for role, url in urls.items():
        try:
            psycopg.connect(url, connect_timeout=10).close()
        except psycopg.OperationalError as error:
            user, database = urlsplit(url).username, urlsplit(url).path.strip("/")
            raise CannotStart(
                f"PostgreSQL does not let {user} into {database}: if the role belongs "
                f"to another installation, set CUSTOS_ROLE_PREFIX ({role}: "
                f"{str(error).strip().splitlines()[-1]})."
            ) from None


def _create_role(admin: psycopg.Connection, role: str, logins: Logins) -> None:
    name = logins.name(role)
    exists = admin.execute("select 1 from pg_roles where rolname = %s", [name])
    if exists.fetchone() is None:
        admin.execute(
            sql.SQL("create role {} login password {}").format(
                sql.Identifier(name), sql.Literal(logins.passwords[role])
            )
        )


def _limit(admin: psycopg.Connection, role: str, logins: Logins) -> None:
    for setting, value in _TIMEOUTS[role].items():
        is_known = admin.info.server_version >= _TRANSACTION_TIMEOUT_SINCE
        if setting == "transaction_timeout" and not is_known:
            continue
        admin.execute(
            sql.SQL("alter role {} set {} = {}").format(
                sql.Identifier(logins.name(role)),
                sql.Identifier(setting),
                sql.Literal(value),
            )
        )
