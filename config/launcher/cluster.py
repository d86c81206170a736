"""Makes the folder of an embedded PostgreSQL cluster, once.

The cluster is initialized beside its place and renamed into it, so that an
initialization that was cut off never looks like a cluster.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.launcher import wheels
from config.launcher.accounts import Account
from config.launcher.home import Home
from config.launcher.problems import CannotStart

ADMIN = "custos_admin"  # the cluster's superuser; used for provisioning only
_ELSEWHERE = Path("/var/lib")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One cluster: its programs, its folder, who runs it and how to be let in."""

    programs: Path
    data: Path
    account: Account
    password: str

    @property
    def exists(self) -> bool:
        """Tells whether the cluster was initialized to the end."""
        return (self.data / "PG_VERSION").exists()


def of(home: Home, *, account: Account) -> Cluster:
    """The cluster of an installation, not necessarily initialized yet."""
    programs, root = wheels.postgres(), home.postgres
    if account.switched_to:
        root = elsewhere(home)
        root.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not _can_run(programs, account):
            programs = wheels.copy_postgres(root / "programs")
    data = root / str(wheels.POSTGRES_MAJOR)
    if data.exists() and home.memory.recall("password:admin") is None:
        raise CannotStart(
            f"The databases in {data} are there but their passwords are not: restore "
            f"{home.path} from a backup, or give them up with `make demo-reset`."
        )
    return Cluster(
        programs=programs,
        data=data,
        account=account,
        password=str(home.memory.once("password:admin", secrets.token_urlsafe)),
    )


def elsewhere(home: Home) -> Path:
    """Where the cluster goes when an unprivileged account must reach it."""
    name = hashlib.sha256(str(home.path).encode()).hexdigest()[:12]
    return _ELSEWHERE / f"custos-{name}"


def initialize(cluster: Cluster, *options: str) -> None:
    """Make the cluster's folder, with more options of initdb where given."""
    unfinished = cluster.data.with_name(f"{cluster.data.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    password_file = unfinished.with_name("password.new")
    password_file.touch(mode=0o600)
    password_file.write_text(cluster.password)
    if cluster.account.switched_to:
        for path in (unfinished, password_file):
            os.chown(path, *cluster.account.switched_to)
    try:
        _run_initdb(cluster, unfinished, password_file, options)
    finally:
        password_file.unlink()
    unfinished.rename(cluster.data)


def _run_initdb(
    cluster: Cluster, data: Path, password_file: Path, options: tuple[str, ...]
) -> None:
    command = cluster.account.command(
        str(cluster.programs / "initdb"),
        f"--pgdata={data}",
        f"--username={ADMIN}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # The same order of strings on every machine, whatever its locales.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *options,
    )
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, start_new_session=True
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        said = next((line for line in lines if "error" in line), lines[-1:] or "")
        raise CannotStart(f"PostgreSQL could not make its folder {data}: {said}")


def _can_run(programs: Path, account: Account) -> bool:
    command = account.command(str(programs / "postgres"), "--version")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
