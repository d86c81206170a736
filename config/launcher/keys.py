"""Makes the key files of an installation, outside every database.

Each holds one base64 line of 32 random bytes, the format of kit.sealing and
kit.signing.
"""

import base64
import secrets
from pathlib import Path

from config.launcher.home import Home, write_private
from config.launcher.problems import CannotStart

# Losing one of these loses content or breaks the audit log's signature.
_IRREPLACEABLE = ("installation", "log")
_REPLACEABLE = ("django-secret",)


def make_missing(home: Home, *, are_in_use: bool) -> list[str]:
    """Make the keys that do not exist, and name them.

    A lost key beside existing databases is never replaced in silence: what it sealed
    would be unreadable and nobody would know why.
    """
    made = []
    for name in (*_IRREPLACEABLE, *_REPLACEABLE):
        path = home.keys / name
        if path.exists():
            continue
        if are_in_use and name in _IRREPLACEABLE:
            raise CannotStart(
                f"The key {path} is gone but it has sealed data: restore it "
                "from a backup, or give them up with `make demo-reset`."
            )
        _make(path)
        made.append(name)
    return made


def _make(path: Path) -> None:
    write_private(path, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
