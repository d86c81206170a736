"""Keeps collected static files between runs: compressing them takes seconds."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.launcher.home import Home
from config.launcher.surroundings import BASE_DIR

_KEPT = BASE_DIR / ".pytest_cache" / "static"


def copy_into(folder: Path) -> None:
    """The files as the web server serves them, collected again if one changed."""
    home = Home.at(_KEPT)
    with home.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(
            [sys.executable, "-m", "tests.harness.collect"],
            cwd=BASE_DIR,
            env={
                **os.environ,
                "CUSTOS_HOME": str(home.path),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
            check=True,
        )
        shutil.copytree(home.path / "static", folder, dirs_exist_ok=True)
        # The launcher then finds them collected.
        shutil.copy(home.path / "static.sources", folder.parent)
