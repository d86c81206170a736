"""Decides under which account the embedded PostgreSQL runs.

An ordinary user runs it as themselves. PostgreSQL refuses root, and its initdb needs
a name for the account: there a user namespace gives the same person another number.
Where namespaces are off, root gives way to an unprivileged account.
"""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.launcher.problems import CannotStart

_CHILD = Path(__file__).with_name("child.py")
_OVERFLOW_UID = 65534  # inside a namespace every unmapped owner shows as this one
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class Account:
    """How a program is started: as oneself, mapped to a number, or as another."""

    mapped_to: int | None = None
    switched_to: tuple[int, int] | None = None

    def command(
        self, *program: str, die_with: signal.Signals = signal.SIGTERM
    ) -> list[str]:
        """The command line that starts `program` and ties it to this process."""
        tied = [sys.executable, "-I", "-S", str(_CHILD)]
        tied += ["--parent", str(os.getpid()), "--signal", str(int(die_with))]
        if self.mapped_to is not None:
            tied += ["--map", str(self.mapped_to)]
        if self.switched_to is not None:
            tied += ["--switch", *map(str, self.switched_to)]
        return [*tied, "--", *program]


MYSELF = Account()


def for_postgres(environment: Mapping[str, str]) -> Account:
    """The account for PostgreSQL; CUSTOS_POSTGRES_ACCOUNT names one for root."""
    uid = os.geteuid()
    if uid != 0 and _has_name(uid):
        return MYSELF
    chosen = environment.get("CUSTOS_POSTGRES_ACCOUNT", "")
    if not chosen or uid != 0:
        mapped = Account(mapped_to=_a_named_number())
        if _works(mapped):
            return mapped
    if uid != 0:
        raise CannotStart(
            f"User {uid} has no name and user namespaces are off: "
            "add the user to /etc/passwd or set DATABASE_URL."
        )
    return _unprivileged([chosen] if chosen else _UNPRIVILEGED)


def _unprivileged(names: tuple[str, ...] | list[str]) -> Account:
    for name in names:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(switched_to=(found.pw_uid, found.pw_gid))
    raise CannotStart(
        "PostgreSQL does not run as root and no unprivileged account was found: "
        "set CUSTOS_POSTGRES_ACCOUNT to one, or start as an ordinary user."
    )


def _works(account: Account) -> bool:
    command = account.command(sys.executable, "-I", "-S", "-c", "")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _a_named_number() -> int:
    numbers = [entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0]
    usual = [number for number in numbers if number != _OVERFLOW_UID]
    return min(usual or numbers or [_OVERFLOW_UID])
