"""Starts a PostgreSQL of its own with production settings, and points Django at it.

Unlike the tests' server this one syncs: what costs in production costs here.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.launcher import (
    accounts,
    cluster,
    keys,
    ports,
    postgres,
    provisioning,
    surroundings,
    wheels,
)
from config.launcher.cluster import ADMIN, Cluster
from config.launcher.home import Home
from config.launcher.provisioning import CONTENT_ROLES, VAULT_ROLE, Logins
from tests.harness import servers

SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "work_mem": "64MB",
    "random_page_cost": "1.1",
    "autovacuum": "off",
    "max_connections": "100",
}
_PASSWORD = "only-for-measuring"
_LOGINS = Logins(
    prefix="custos",
    passwords=dict.fromkeys(
        ("owner", "app", "sweeper", "sequencer", "vault"), _PASSWORD
    ),
)
OWNERS = {"content": "owner", "vault": "vault"}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A content database and a vault on a server that may be measured.

    `folder` is for files that a measurement makes, `home` that of Custos; `address`
    has no login and no database; `content` and `vault` name the two databases.
    """

    folder: Path
    home: Path
    address: str
    password: str
    content: str = "content"
    vault: str = "vault"

    def keep(self, label: str = "kept") -> None:
        """Set the two databases aside, under a label, as templates of `restore`."""
        for name in self._owners():
            self._run(
                "drop database if exists {kept} with (force)",
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = {text} and pid <> pg_backend_pid()",
                "create database {kept} template {name} strategy file_copy",
                name=name,
                label=label,
            )

    def restore(self, label: str = "kept") -> None:
        """Put both databases back to what `keep` set aside.

        The published heads are of a later database, which would not be signed again;
        the announced keys stay, which this process will not announce twice.
        """
        for file in (self.home / "checkpoints").glob("*"):
            if file.suffix != ".vkeys":
                file.unlink()
        for name, owner in self._owners().items():
            self._run(
                "drop database if exists {name} with (force)",
                "create database {name} template {kept} owner {owner}"
                " strategy file_copy",
                "checkpoint",
                name=name,
                label=label,
                owner=_LOGINS.name(owner),
            )

    def admin(self, database: str) -> "psycopg.Connection[Any]":
        """A superuser's connection, for filling, counting and watching the server."""
        login = self.address.replace("//", f"//{ADMIN}:{self.password}@")
        return psycopg.connect(f"{login}/{database}", autocommit=True)

    def _owners(self) -> dict[str, str]:
        return {self.content: OWNERS["content"], self.vault: OWNERS["vault"]}

    def _run(self, *statements: str, name: str, label: str, owner: str = "") -> None:
        parts = {
            "name": sql.Identifier(name),
            "kept": sql.Identifier(f"{label}_{name}"),
            "owner": sql.Identifier(owner or ADMIN),
            "text": sql.Literal(name),
        }
        with self.admin("postgres") as connection:
            for statement in statements:
                connection.execute(sql.SQL(statement).format(**parts))


def _prepared(found: Cluster, *, folder: Path, port: int) -> Ground:
    """Roles, two databases, and the environment that names them."""
    admin = postgres.url(found, port=port)
    provisioning.create_roles(admin, roles=(*CONTENT_ROLES, VAULT_ROLE), logins=_LOGINS)
    urls = {
        name: provisioning.create_database(admin, name=name, owner=_LOGINS.name(owner))
        for name, owner in OWNERS.items()
    }
    provisioning.open_content(urls["content"], logins=_LOGINS)
    provisioning.open_vault(urls["vault"], logins=_LOGINS)
    home = Home.at(folder / "home")
    keys.make_missing(home, are_in_use=False)
    address = f"postgres://{ports.HOST}:{port}"
    os.environ.update(_environment(home, address))
    return Ground(folder=folder, home=home.path, address=address, password=_PASSWORD)


def _environment(home: Home, address: str) -> dict[str, str]:
    roles = {
        "DATABASE_URL": "app",
        "OWNER_DATABASE_URL": "owner",
        "SWEEPER_DATABASE_URL": "sweeper",
        "SEQUENCER_DATABASE_URL": "sequencer",
    }
    urls = {
        variable: _LOGINS.url(role, base=f"{address}/content")
        for variable, role in roles.items()
    }
    return urls | {
        "VAULT_DATABASE_URL": _LOGINS.url("vault", base=f"{address}/vault"),
        "CUSTOS_HOME": str(home.path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """A server that runs while the block does; its folder goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="custos-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        account = accounts.for_postgres(os.environ)
        found = Cluster(
            programs=wheels.postgres(),
            data=folder / "data",
            account=account,
            password=_PASSWORD,
        )
        cluster.initialize(found)
        port = ports.any_free()
        with servers.running(
            postgres.command(found, port=port, settings=SETTINGS),
            log=folder / "postgresql.log",
            environment=surroundings.of_servers(),
            is_ready=lambda: postgres.answers(found, port=port),
            stop_with=postgres.STOP,
        ):
            yield _prepared(found, folder=folder, port=port)
