"""Starts an embedded PostgreSQL, asks whether it lives, and ends a stale one.

Liveness is asked of the server, never of a process number: after `kill -9` the number
may belong to a zombie or to somebody else. `postmaster.pid` is never deleted, because
PostgreSQL finds in it the shared memory that a survivor might still be using.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from config.launcher.cluster import ADMIN, Cluster
from config.launcher.ports import HOST
from config.launcher.problems import CannotStart

STOP = signal.SIGINT  # PostgreSQL's fast shutdown: sessions end, nothing is lost
_SECONDS_TO_STOP = 60
_PIECES = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # no path, so no path that is too long
    "max_connections": "100",
    "max_prepared_transactions": "0",  # a forgotten one would stall the audit log
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # statements may carry personal data
}


def command(
    cluster: Cluster, *, port: int, settings: Mapping[str, str] | None = None
) -> list[str]:
    """The command line of the server in the foreground."""
    pieces = _PIECES | {"port": str(port)} | dict(settings or {})
    options = [word for item in pieces.items() for word in ("-c", "=".join(item))]
    server = str(cluster.programs / "postgres")
    return cluster.account.command(
        server, "-D", str(cluster.data), *options, die_with=STOP
    )


def url(cluster: Cluster, *, port: int, database: str = "postgres") -> str:
    """How the superuser connects."""
    return f"postgres://{ADMIN}:{cluster.password}@{HOST}:{port}/{database}"


def answers(cluster: Cluster, *, port: int) -> bool:
    """Tells whether this very cluster accepts connections on `port`."""
    try:
        with psycopg.connect(url(cluster, port=port), connect_timeout=2) as connection:
            row = connection.execute("show data_directory").fetchone()
    except psycopg.Error:
        return False
    return row is not None and Path(row[0]) == cluster.data


def version(cluster: Cluster, *, port: int) -> str:
    """The server's version, for the line of its stage."""
    with psycopg.connect(url(cluster, port=port)) as connection:
        row = connection.execute("show server_version").fetchone()
    return str(row[0]) if row else ""


def stop_stale(cluster: Cluster, *, port: int) -> None:
    """End a server of this cluster that an earlier launcher left running."""
    until = time.monotonic() + _SECONDS_TO_STOP
    while answers(cluster, port=port):
        if time.monotonic() > until:
            raise CannotStart(f"An earlier PostgreSQL in {cluster.data} does not end.")
        stop = ["stop", "--mode=fast", "--no-wait", f"--pgdata={cluster.data}"]
        program = str(cluster.programs / "pg_ctl")
        ending = cluster.account.command(program, *stop)
        subprocess.run(ending, capture_output=True, check=False)
        time.sleep(0.2)


def disown_dead_postmaster(cluster: Cluster) -> None:
    """Let a new server past the number of one that is gone.

    PostgreSQL refuses to start while the process named in `postmaster.pid` exists,
    even as a zombie or as a stranger that got the number later. The server ignores its
    own parent's number, so that takes the place of the dead one; the shared memory key
    below it stays, and with it PostgreSQL's own check for survivors.
    """
    path = cluster.data / "postmaster.pid"
    try:
        number, rest = path.read_text().split("\n", 1)
    except (FileNotFoundError, ValueError):
        return
    if not number.isdecimal() or _runs_in(int(number), cluster.data):
        return
    with path.open("r+") as file:  # in place: the file stays its account's own
        file.write(f"{os.getpid()}\n{rest}")
        file.truncate()


def _runs_in(number: int, data: Path) -> bool:
    """Tells whether a process works in the cluster's folder; a zombie does not."""
    try:
        return Path(f"/proc/{number}/cwd").readlink() == data
    except FileNotFoundError:
        # No such process; without /proc (not Linux) let PostgreSQL judge by itself.
        return not Path("/proc/self").exists()
    except PermissionError:
        return False  # somebody else's process: PostgreSQL passes over it as well
