"""Installs the Debian packages of the browser tests where it may; else says why not.

Run as a module by `make test`. Without Chromium the browser tests skip themselves.
"""

import os
import shutil
import subprocess
import sys

from config.launcher.progress import say, stage

_PACKAGES = ("chromium", "fonts-liberation")
_UPDATE = ("apt-get", "update", "-qq")
_INSTALL = ("apt-get", "install", "-qq", "-y", "--no-install-recommends", *_PACKAGES)


def main() -> None:
    """Installs what is missing."""
    if shutil.which("chromium"):
        return
    reason = _obstacle()
    if not reason:
        with stage("Chromium") as line:
            reason = _install()
            line.detail = "missing" if reason else "installed"
    if reason:
        say(f"The browser tests are skipped: {reason}.")


def _obstacle() -> str:
    if not shutil.which("apt-get"):
        return "Chromium is missing and this is no Debian; install `chromium` yourself"
    if os.geteuid() != 0:
        return "Chromium is missing and only root may `apt-get install chromium`"
    return ""


def _install() -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (_UPDATE, _INSTALL):
        done = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
        if done.returncode != 0:
            return f"`{' '.join(command)}` failed (see above)"
    return ""


if __name__ == "__main__":
    main()
