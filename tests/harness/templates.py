"""Keeps a migrated PostgreSQL cluster between runs, under a digest of what made it.

A kept cluster is never started: each run starts a copy, so that runs at the same time
do not meet and a crash cannot damage what is kept. Run as a module it migrates.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from config.launcher import accounts, cluster, postgres, provisioning, wheels
from config.launcher.cluster import Cluster
from config.launcher.home import Home
from config.launcher.provisioning import CONTENT_ROLES, VAULT_ROLE
from config.launcher.surroundings import BASE_DIR
from tests.harness import servers, stand
from tests.harness.stand import LOGINS, TEMPLATES, Stand

_KEPT = BASE_DIR / ".pytest_cache" / "clusters"
_KEPT_AT_MOST = 2
# Whatever the content of a fresh database depends on.
_SOURCES = (
    *("config/launcher/*.py", "config/settings.py", "config/routers.py"),
    *("kit/rowsecurity.py", "kit/permissions.py", "requirements.txt"),
    *("**/migrations/*", "**/models.py", "tests/harness/templates.py"),
)
_PACKAGES = ("kit", "audit", "workspaces", "retention")


def copy_into(at: Stand) -> Cluster:
    """A migrated cluster in the stand's folder, made or copied."""
    own = Cluster(
        programs=wheels.postgres(),
        data=at.path / str(wheels.POSTGRES_MAJOR),
        account=accounts.for_postgres(os.environ),
        password=stand.PASSWORD,
    )
    with _cache_locked():
        kept = _KEPT / _digest()
        if not kept.exists():
            _build(replace(own, data=at.path / "new" / "data"), at)
            with contextlib.suppress(OSError):  # a cache that cannot be written
                _keep(at.path / "new" / "data", kept)
        source = kept if kept.exists() else at.path / "new" / "data"
        shutil.copytree(source, own.data)
    if own.account.switched_to:
        _give(own.data, *own.account.switched_to)
    return own


def _build(found: Cluster, at: Stand) -> None:
    cluster.initialize(found, "--no-sync", "--wal-segsize=4")
    with servers.postgres_running(found, port=at.postgres_port, folder=at.path):
        admin = postgres.url(found, port=at.postgres_port)
        provisioning.create_roles(
            admin, roles=(*CONTENT_ROLES, VAULT_ROLE), logins=LOGINS
        )
        content, vault = (
            provisioning.create_database(
                admin, name=TEMPLATES[kind], owner=LOGINS.name(owner)
            )
            for kind, owner in (("content", "owner"), ("vault", VAULT_ROLE))
        )
        provisioning.open_content(content, logins=LOGINS)
        provisioning.open_vault(vault, logins=LOGINS)
        _migrate(at)


def _migrate(at: Stand) -> None:
    home = Home.at(at.path / stand.worker())
    lines = stand.lines(at, home, databases=TEMPLATES)
    done = subprocess.run(
        [sys.executable, "-m", "tests.harness.migrate"],
        cwd=BASE_DIR,
        env={**os.environ, **lines, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The migrations failed:\n{done.stderr[-4000:]}")


def _keep(data: Path, kept: Path) -> None:
    unfinished = kept.with_suffix(f".{os.getpid()}")
    shutil.copytree(data, unfinished)
    unfinished.rename(kept)
    ages = sorted(_KEPT.glob("*/"), key=lambda path: path.stat().st_mtime)
    for old in ages[:-_KEPT_AT_MOST]:
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _cache_locked() -> Iterator[None]:
    try:
        _KEPT.mkdir(parents=True, exist_ok=True)
        file = (_KEPT.parent / "clusters.lock").open("w")
    except OSError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest() -> str:
    found = hashlib.sha256()
    places = [(BASE_DIR, pattern) for pattern in _SOURCES if "**" not in pattern]
    places += [
        (BASE_DIR / package, pattern)
        for package in _PACKAGES
        for pattern in _SOURCES
        if "**" in pattern
    ]
    paths = {path for folder, pattern in places for path in folder.glob(pattern)}
    for path in sorted(path for path in paths if path.is_file()):
        found.update(f"{path.relative_to(BASE_DIR)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:20]


def _give(folder: Path, uid: int, gid: int) -> None:
    os.chown(folder, uid, gid)
    for path in folder.rglob("*"):
        os.chown(path, uid, gid)
