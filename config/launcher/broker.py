"""Brings up Valkey: embedded, or the one that `REDIS_URL` names."""

import secrets
from collections.abc import Mapping

from config.launcher import ports, valkey
from config.launcher import surroundings as around
from config.launcher.home import Home
from config.launcher.progress import stage
from config.launcher.supervision import Part, Supervisor


def bring_up(
    home: Home, supervisor: Supervisor, environment: Mapping[str, str]
) -> dict[str, str]:
    """Start Valkey where none is given; the line that names it."""
    given = environment.get("REDIS_URL")
    if given:
        return {"REDIS_URL": given}
    with stage("Valkey") as line:
        password = str(home.memory.once("password:valkey", secrets.token_urlsafe))
        before = home.memory.recall("port:valkey")
        if before:
            valkey.stop_stale(valkey.url(port=before, password=password))
        port = ports.kept(home.memory, name="valkey")
        address = valkey.url(port=port, password=password)
        supervisor.start(
            Part(
                title="Valkey",
                command=valkey.command(home.valkey, port=port, password=password),
                log=home.logs / "valkey.log",
                environment=around.of_servers(),
                is_ready=lambda: valkey.answers(address),
                is_server=True,
            )
        )
        line.detail = f"on {ports.HOST}:{port}"
    return {"REDIS_URL": address}
