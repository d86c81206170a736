"""Starts the embedded Valkey, asks whether it lives, and ends a stale one."""

from pathlib import Path

import redis

from config.launcher import wheels
from config.launcher.accounts import MYSELF
from config.launcher.home import write_private
from config.launcher.ports import HOST

_SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
appendonly {durable}
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


def command(
    folder: Path, *, port: int, password: str, is_durable: bool = True
) -> list[str]:
    """The command line; the password goes into a private file, not into `ps`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = folder / "valkey.conf"
    text = _SETTINGS.format(
        host=HOST,
        port=port,
        password=password,
        folder=f'"{folder}"',
        durable="yes" if is_durable else "no",
    )
    write_private(settings, text)
    return MYSELF.command(str(wheels.valkey()), str(settings))


def url(*, port: int, password: str, database: int = 0) -> str:
    """How everyone connects."""
    return f"redis://:{password}@{HOST}:{port}/{database}"


def answers(address: str) -> bool:
    """Tells whether the server at `address` lets us in and has loaded its data."""
    try:
        with redis.Redis.from_url(address, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def stop_stale(address: str) -> None:
    """End a server that an earlier launcher left; its password proves it ours."""
    if answers(address):
        with redis.Redis.from_url(address, socket_timeout=10) as client:
            client.shutdown(nosave=True)  # the append-only file has it all
