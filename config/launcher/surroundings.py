"""Composes the environment of the installation's processes, and its file for commands.

`$CUSTOS_HOME/env` holds the same lines, so that `manage.py` works beside a running
installation (config.env reads them as defaults).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from config.launcher import leftovers
from config.launcher.home import Home, write_private

BASE_DIR = Path(__file__).resolve().parent.parent.parent
_HEADING = "# Written by `make run` at each start; defaults for management commands.\n"


def of_site(home: Home, lines: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process that runs our code."""
    own = {"CUSTOS_HOME": str(home.path), "PYTHONUNBUFFERED": "1"}
    own["PYTHONPATH"] = str(BASE_DIR)
    return {**os.environ, **own, **lines, **leftovers.mark(home)}


def of_servers() -> dict[str, str]:
    """The environment of the embedded servers: nothing of ours, no locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def write(home: Home, lines: Mapping[str, str]) -> None:
    """Leave the lines for management commands, readable by this account alone."""
    text = "".join(f"{name}={value}\n" for name, value in sorted(lines.items()))
    write_private(home.environment, _HEADING + text)
