"""Starts a PostgreSQL of its own with production settings, and points Django at it.

Unlike the tests' server this one syncs: what costs in production costs here.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

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


class Ground:
    """One running server with an empty content database and vault."""

    def __init__(self, *, folder: Path, found: Cluster, port: int) -> None:
        self.folder = folder
        self._found = found
        self._port = port

    def prepare(self) -> None:
        """Roles, two databases, and the environment that names them."""
        admin = postgres.url(self._found, port=self._port)
        provisioning.create_roles(
            admin, roles=(*CONTENT_ROLES, VAULT_ROLE), logins=_LOGINS
        )
        urls = {
            name: provisioning.create_database(
                admin, name=name, owner=_LOGINS.name(owner)
            )
            for name, owner in OWNERS.items()
        }
        provisioning.open_content(urls["content"], logins=_LOGINS)
        provisioning.open_vault(urls["vault"], logins=_LOGINS)
        home = Home.at(self.folder / "home")
        keys.make_missing(home, are_in_use=False)
        os.environ.update(self._environment(home))

    def keep(self) -> None:
        """Set the two databases aside as templates of `restore`."""
        for name in OWNERS:
            self._run(
                "drop database if exists {kept} with (force)",
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = {text} and pid <> pg_backend_pid()",
                "create database {kept} template {name} strategy file_copy",
                name=name,
            )

    def restore(self) -> None:
        """Put both databases back to what `keep` set aside.

        The published heads are of a later database, which would not be signed again;
        the announced keys stay, which this process will not announce twice.
        """
        for file in (self.folder / "home" / "checkpoints").glob("*"):
            if file.suffix != ".vkeys":
                file.unlink()
        for name, owner in OWNERS.items():
            self._run(
                "drop database if exists {name} with (force)",
                "create database {name} template {kept} owner {owner}"
                " strategy file_copy",
                "checkpoint",
                name=name,
                owner=_LOGINS.name(owner),
            )

    def _run(self, *statements: str, name: str, owner: str = "") -> None:
        url = postgres.url(self._found, port=self._port)
        parts = {
            "name": sql.Identifier(name),
            "kept": sql.Identifier(f"kept_{name}"),
            "owner": sql.Identifier(owner or ADMIN),
            "text": sql.Literal(name),
        }
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(sql.SQL(statement).format(**parts))

    def _environment(self, home: Home) -> dict[str, str]:
        place = f"postgres://{ports.HOST}:{self._port}"
        roles = {
            "DATABASE_URL": "app",
            "OWNER_DATABASE_URL": "owner",
            "SWEEPER_DATABASE_URL": "sweeper",
            "SEQUENCER_DATABASE_URL": "sequencer",
        }
        urls = {
            variable: _LOGINS.url(role, base=f"{place}/content")
            for variable, role in roles.items()
        }
        return urls | {
            "VAULT_DATABASE_URL": _LOGINS.url("vault", base=f"{place}/vault"),
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
            made = Ground(folder=folder, found=found, port=port)
            made.prepare()
            yield made
