"""Forgets the demo: removes all that the launcher and the site keep in a home."""

import shutil
from collections.abc import Mapping

from config.launcher import accounts, cluster, leftovers, postgres, valkey
from config.launcher.home import Home, held
from config.launcher.problems import CannotStart
from config.launcher.progress import say

# Only what we made: somebody may have set CUSTOS_HOME to a folder with more in it.
_OURS = (
    *("postgres", "valkey", "keys", "log", "env", "launcher.json"),
    *("blobs", "checkpoints", "outbox", "static", "static.sources", "demo-idp"),
)


def reset(home: Home, environment: Mapping[str, str]) -> None:
    """Remove the demo's data and keys; refuses while it is running."""
    given = [name for name in _REAL_SERVERS if environment.get(name)]
    if given:
        raise CannotStart(
            f"{', '.join(given)} names a real server: the demo can only be reset "
            "where the databases are embedded."
        )
    with held(home):
        leftovers.end(home)
        _stop_stale_servers(home, environment)
        for name in _OURS:
            path = home.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        shutil.rmtree(cluster.elsewhere(home), ignore_errors=True)
    say(f"The demo in {home.path} is gone; `make run` makes a new one.")


_REAL_SERVERS = ("DATABASE_URL", "VAULT_DATABASE_URL", "REDIS_URL")


def _stop_stale_servers(home: Home, environment: Mapping[str, str]) -> None:
    port = home.memory.recall("port:postgresql")
    if port:
        account = accounts.for_postgres(environment)
        postgres.stop_stale(cluster.of(home, account=account), port=port)
    port, password = (home.memory.recall(f"{key}:valkey") for key in _VALKEY)
    if port and password:
        valkey.stop_stale(valkey.url(port=port, password=password))


_VALKEY = ("port", "password")
