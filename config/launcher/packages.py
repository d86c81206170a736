"""Installs the programs of slow tests where it may; else says why not.

Run as a module by `make test`. What is missing afterwards, its tests skip themselves.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.launcher import foreign
from config.launcher.progress import say, stage

_FOREIGN = "tests with an authorization server of another maker"
_UPDATE = ("apt-get", "update", "-qq")
# Debian asks this program before it starts a service that it has just installed:
# SimpleSAMLphp brings a web server, which nobody here wants to run.
_POLICY = Path("/usr/sbin/policy-rc.d")
_INSTALL = ("apt-get", "install", "-qq", "-y", "--no-install-recommends")


@dataclass(frozen=True, kw_only=True)
class Need:
    """A program that some tests need, and the packages that bring it."""

    name: str
    tests: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]


NEEDS = (
    Need(
        name="Chromium",
        tests="browser tests",
        packages=("chromium", "fonts-liberation"),
        is_there=lambda: shutil.which("chromium") is not None,
    ),
    Need(
        name="SimpleSAMLphp",
        tests="tests with an identity provider of another maker",
        packages=("simplesamlphp", "php-cli", "php-xml", "php-mbstring"),
        is_there=lambda: (
            Path("/usr/share/simplesamlphp/www").is_dir()
            and shutil.which("php") is not None
        ),
    ),
    Need(
        name="Go's packages for verifiable logs",
        tests="tests of exports with a verifier of another maker",
        packages=("golang-golang-x-mod-dev", "golang-go"),
        is_there=lambda: (
            Path("/usr/share/gocode/src/golang.org/x/mod/sumdb").is_dir()
            and any(Path("/usr/lib").glob("go-*/bin/go"))
        ),
    ),
    Need(
        name="rsyslog with TLS",
        tests="tests of streams with a syslog server of another maker",
        packages=("rsyslog", "rsyslog-gnutls", "rsyslog-openssl"),
        is_there=lambda: (
            Path("/usr/sbin/rsyslogd").is_file()
            and all(
                any(Path("/usr/lib").glob(f"*/rsyslog/lmnsd_{driver}.so"))
                for driver in ("gtls", "ossl")
            )
        ),
    ),
)


def main() -> None:
    """Installs what is missing."""
    if not foreign.CANAILLE.is_there():
        with stage("Canaille") as line:
            failed = foreign.CANAILLE.install()
            line.detail = "missing" if failed else "installed"
        if failed:
            say(f"Canaille is missing, so the {_FOREIGN} are skipped: {failed}.")
    missing = [need for need in NEEDS if not need.is_there()]
    if not missing:
        return
    reason = _obstacle()
    for need in missing:
        failed = reason
        if not reason:
            with stage(need.name) as line:
                failed = _install(need.packages)
                line.detail = "missing" if failed else "installed"
        if failed:
            say(f"{need.name} is missing, so the {need.tests} are skipped: {failed}.")


def _obstacle() -> str:
    if not shutil.which("apt-get"):
        return "this is no Debian; install it yourself"
    if os.geteuid() != 0:
        return "only root may install packages"
    return ""


def _install(packages: tuple[str, ...]) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (_UPDATE, (*_INSTALL, *packages)):
        with _services_stay_off():
            done = subprocess.run(
                command, env=environment, stdout=sys.stderr, check=False
            )
        if done.returncode != 0:
            return f"`{' '.join(command)}` failed (see above)"
    return ""


@contextmanager
def _services_stay_off() -> Iterator[None]:
    """What is installed inside the block does not start of itself."""
    if _POLICY.exists():  # somebody has decided this already
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    try:
        _POLICY.chmod(0o755)
        yield
    finally:
        _POLICY.unlink()


if __name__ == "__main__":
    main()
