"""Starts an installation: read top-down, this is the order of `make run`."""

import sys
from collections.abc import Mapping

from config.launcher import broker, databases, keys, leftovers, ports, site
from config.launcher import surroundings as around
from config.launcher.accounts import MYSELF
from config.launcher.home import Home, held
from config.launcher.progress import say, stage
from config.launcher.supervision import Part, StopRequested, Supervisor, listen

_DEMO_IDP_PORT = 8001


def run(home: Home, environment: Mapping[str, str]) -> None:
    """Start everything, keep it alive, and end it when asked."""
    with held(home) as hold:
        supervisor = Supervisor()
        listen()
        try:
            _bring_up(home, supervisor, environment)
            supervisor.watch()
        except StopRequested:
            say("Stopping.")
        finally:
            hold.is_ending()
            supervisor.stop()


def _bring_up(
    home: Home, supervisor: Supervisor, environment: Mapping[str, str]
) -> None:
    leftovers.end(home)
    port = ports.for_web(environment.get("PORT") or "8000")
    with stage("Keys") as line:
        in_use = bool(home.memory.recall("migrated"))
        made = keys.make_missing(home, are_in_use=in_use)
        line.detail = f"made {', '.join(made)}" if made else "ready"
    lines = _site_lines(home, environment, port=port)
    lines |= databases.bring_up(home, supervisor, environment)
    lines |= broker.bring_up(home, supervisor, environment)
    around.write(home, lines)
    whole = around.of_site(home, lines)
    _prepare(home, supervisor, whole)
    with stage("Web server") as line:
        supervisor.start(*site.web(home, whole, port=port))
        line.detail = f"on {ports.HOST}:{port}"
    with stage("Workers") as line:
        behind = site.workers(home, whole)
        supervisor.start(*behind)
        line.detail = f"{len(behind)} processes"
    say(f"Custos is ready at http://{ports.HOST}:{port}")


def _site_lines(
    home: Home, environment: Mapping[str, str], *, port: int
) -> dict[str, str]:
    defaults = {
        "CUSTOS_DEMO": "true",
        "CUSTOS_BASE_URL": f"http://{ports.HOST}:{port}",
    }
    lines = {name: environment.get(name) or text for name, text in defaults.items()}
    lines["CUSTOS_DEMO"] = str(lines["CUSTOS_DEMO"].lower() in _TRUE).lower()
    if lines["CUSTOS_DEMO"] == "true":
        idp = ports.kept(home.memory, name="demo-idp", preferred=_DEMO_IDP_PORT)
        lines["CUSTOS_DEMO_IDP_URL"] = f"http://{ports.HOST}:{idp}"
    return lines


_TRUE = ("true", "on", "1", "yes", "y", "ok")  # as django-environ reads them


def _prepare(home: Home, supervisor: Supervisor, whole: Mapping[str, str]) -> None:
    """Migrate, collect static files and seed, in a process that has Django."""
    command = MYSELF.command(sys.executable, "-m", "config.launcher.prepare")
    part = Part(
        title="The preparation of the database",
        command=command,
        log=home.logs / "prepare.log",
        environment=whole,
    )
    supervisor.run(part)
