"""What others audit a model with, on the same server: each a database and processes.

Their packages are in an environment of their own, which is made here and nowhere else.
"""

import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

from psycopg import sql

from bench.ground import Ground
from config.launcher import foreign
from config.launcher.cluster import ADMIN

NAMES = (
    "django_auditlog",
    "django_simple_history",
    "django_easy_audit",
    "django_pghistory",
)
_SITE = foreign.BASE_DIR / "bench" / "audit_site.py"


def prepared(ground: Ground) -> tuple[str, ...]:
    """Those that can be measured, their tables made; none without their packages."""
    if not foreign.PEERS.is_there() and (failed := foreign.PEERS.install()):
        sys.stderr.write(f"The audit packages of others are missing: {failed}.\n")
        return ()
    for name in NAMES:
        with ground.admin("postgres") as connection:
            connection.execute(
                sql.SQL("create database {}").format(sql.Identifier(name))
            )
        _started(ground, name, "make").wait()
    return NAMES


def rate(ground: Ground, name: str, *, clients: int, seconds: float) -> float:
    """Transactions a second of so many processes that begin at one moment."""
    running = [_started(ground, name, str(seconds)) for _ in range(clients)]
    for one in running:
        if one.stdout.readline() != "ready\n":
            raise RuntimeError(f"{name} did not start")
    for one in running:
        one.stdin.write("go\n")
        one.stdin.flush()
    return sum(float(one.communicate()[0]) for one in running)


def _started(ground: Ground, name: str, task: str) -> Any:
    at = urlsplit(ground.address)
    return subprocess.Popen(
        [foreign.PEERS.python, "-W", "ignore", _SITE, name, task],
        env={
            "SITE": f"{at.hostname} {at.port} {name}",
            "SITE_USER": ADMIN,
            "SITE_PASSWORD": ground.password,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
