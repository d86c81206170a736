"""Where this run's servers are: one folder, two ports, shared by all its workers.

The process that the person started decides and leaves the decision in the environment,
where the workers of pytest-xdist find it.
"""

import contextlib
import fcntl
import functools
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from config.launcher import keys, ports, valkey
from config.launcher.home import Home
from config.launcher.provisioning import Logins

_OF_THE_HARNESS = "CUSTOS_TEST_"
_VARIABLE = f"{_OF_THE_HARNESS}STAND"
# How many crashes and interleavings are tried is the caller's to say.
_KEPT = (
    _OF_THE_HARNESS,
    "CUSTOS_POSTGRES_ACCOUNT",
    "CUSTOS_CRASH_ALL",
    "CUSTOS_RACE_ROUNDS",
)
FAILURE = f"{_OF_THE_HARNESS}FAILURE"
_PREFIX = "custos-test-"
_MEMORY = Path("/dev/shm")
_BYTES_NEEDED = 1_000_000_000
_ROLES = ("owner", "app", "sweeper", "sequencer", "vault")

PASSWORD = "only-for-tests"
LOGINS = Logins(prefix="custos", passwords=dict.fromkeys(_ROLES, PASSWORD))
TEMPLATES = {"content": "template_content", "vault": "template_vault"}


@dataclass(frozen=True, kw_only=True)
class Stand:
    """The servers of one run of tests."""

    folder: str
    postgres_port: int
    valkey_port: int

    @property
    def path(self) -> Path:
        return Path(self.folder)

    def url(self, database: str) -> str:
        """A database's address, without a login."""
        return f"postgres://{ports.HOST}:{self.postgres_port}/{database}"


def is_worker() -> bool:
    """Tells whether another process started this one to share its tests."""
    return "PYTEST_XDIST_WORKER" in os.environ


def worker() -> str:
    """This process among those that share the run."""
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def database(kind: str) -> str:
    """The name of this worker's own database."""
    return f"{kind}_{worker()}"


@functools.cache
def of_this_run() -> Stand:
    """The servers of this run, decided at the first call in its first process."""
    if is_worker():
        return Stand(**json.loads(os.environ[_VARIABLE]))
    _remove_abandoned()
    stand = Stand(
        folder=tempfile.mkdtemp(prefix=_PREFIX, dir=_place()),
        postgres_port=ports.any_free(),
        valkey_port=ports.any_free(),
    )
    stand.path.chmod(0o711)  # PostgreSQL may run under another account
    _claim(stand.path)
    os.environ[_VARIABLE] = json.dumps(asdict(stand))
    return stand


def _claim(folder: Path) -> None:
    """Hold a folder until this process ends."""
    file = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)  # never closed
    fcntl.flock(file, fcntl.LOCK_EX)


def _remove_abandoned() -> None:
    """Remove the folders of runs that were killed."""
    for place in {_MEMORY, Path(tempfile.gettempdir())}:
        for lock in place.glob(f"{_PREFIX}*/lock"):
            with contextlib.suppress(OSError), lock.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)


def point_environment_at(stand: Stand) -> None:
    """Set every variable that config.env reads to this worker's own servers."""
    for name in [name for name in os.environ if _is_ours(name)]:
        del os.environ[name]
    home = Home.at(stand.path / worker())
    keys.make_missing(home, are_in_use=False)
    (home.path / "static").mkdir(exist_ok=True)
    os.environ.update(lines(stand, home))


def lines(
    stand: Stand, home: Home, *, databases: dict[str, str] | None = None
) -> dict[str, str]:
    """The environment of a process that uses this stand."""
    names = databases or {kind: database(kind) for kind in TEMPLATES}
    content, vault = stand.url(names["content"]), stand.url(names["vault"])
    number = int(worker().removeprefix("gw")) % 16
    return {
        "CUSTOS_HOME": str(home.path),
        "CUSTOS_DEMO": "true",
        "CUSTOS_BASE_URL": f"http://{ports.HOST}:{ports.any_free()}",
        "CUSTOS_DEMO_IDP_URL": f"http://{ports.HOST}:{ports.any_free()}",
        "DATABASE_URL": LOGINS.url("app", base=content),
        "OWNER_DATABASE_URL": LOGINS.url("owner", base=content),
        "SWEEPER_DATABASE_URL": LOGINS.url("sweeper", base=content),
        "SEQUENCER_DATABASE_URL": LOGINS.url("sequencer", base=content),
        "VAULT_DATABASE_URL": LOGINS.url("vault", base=vault),
        "REDIS_URL": valkey.url(
            port=stand.valkey_port, password=PASSWORD, database=number
        ),
    }


def _is_ours(name: str) -> bool:
    is_url = name.endswith("DATABASE_URL") or name == "REDIS_URL"
    is_custos = name.startswith("CUSTOS_") and not name.startswith(_KEPT)
    return is_url or is_custos


def _place() -> str | None:
    """In memory where there is room; else where temporary files go."""
    if not os.access(_MEMORY, os.W_OK):
        return None
    has_room = shutil.disk_usage(_MEMORY).free > _BYTES_NEEDED
    return str(_MEMORY) if has_room else None
