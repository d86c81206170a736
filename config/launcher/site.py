"""Names the processes of the site: web, workers, beat, demo identity provider."""

import http.client
import sys
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from config.launcher.accounts import MYSELF
from config.launcher.home import Home
from config.launcher.ports import HOST
from config.launcher.supervision import Part
from kit.queues import SEQUENCER_QUEUES, STREAM_QUEUES, WORKER_QUEUES

# Browsers speak HTTP/2 to the proxy; here one connection carries one request at once.
_APPLICATION = "config.asgi:application"
_STRICT = ("--http", "1", "--no-ws")


def web(home: Home, environment: Mapping[str, str], *, port: int) -> list[Part]:
    """What people's browsers talk to."""
    pooled = {**environment, "CUSTOS_WEB": "true"}
    found = [
        Part(
            title="The web server",
            command=_module(*granian(port=port)),
            log=home.logs / "web.log",
            environment=pooled,
            is_ready=serves(port, "/healthz"),
        )
    ]
    idp_port = urlsplit(environment.get("CUSTOS_DEMO_IDP_URL", "")).port
    if idp_port:
        found.append(
            Part(
                title="The demo identity provider",
                command=_module("config.demo_idp"),
                log=home.logs / "demo-idp.log",
                environment=environment,
                is_ready=serves(idp_port, "/"),
            )
        )
    return found


def workers(home: Home, environment: Mapping[str, str]) -> list[Part]:
    """What works behind it; the sequencer apart, because a sweep waits for its seal."""
    commands = {
        "The worker": worker("worker", WORKER_QUEUES, "--concurrency=2"),
        "The sequencer": worker("sequencer", SEQUENCER_QUEUES, "--pool=solo"),
        # Its turns wait for receivers on the network: threads do, in one process.
        "The worker of streams": worker(
            "streams", STREAM_QUEUES, "--pool=threads", "--concurrency=4"
        ),
        "Beat": beat(),
    }
    return [
        Part(
            title=title,
            command=_module(*command),
            log=home.logs / f"{title.split()[-1].lower()}.log",
            environment=environment,
        )
        for title, command in commands.items()
    ]


def _module(*command: str) -> list[str]:
    return MYSELF.command(sys.executable, "-m", *command)


def granian(*, port: int) -> tuple[str, ...]:
    """The web server's module and options."""
    options = ("--interface", "asginl", "--host", HOST, "--port", str(port))
    return ("granian", *options, *_STRICT, "--respawn-failed-workers", _APPLICATION)


def worker(name: str, queues: tuple[str, ...], *options: str) -> tuple[str, ...]:
    """A Celery worker's module and options."""
    alone = ("--without-gossip", "--without-mingle", "--loglevel=INFO")
    where = (f"--hostname={name}@%h", f"--queues={','.join(queues)}")
    return ("celery", "-A", "config.celery", "worker", *where, *alone, *options)


def beat() -> tuple[str, ...]:
    """Celery beat's module and options; its ticks are static, so it keeps no file."""
    options = ("--scheduler=celery.beat:Scheduler", "--pidfile=", "--loglevel=WARNING")
    return ("celery", "-A", "config.celery", "beat", *options)


def serves(port: int, path: str) -> Callable[[], bool]:
    """A question: does a server on `port` answer, and not with an error of its own?"""

    def answers() -> bool:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", path)
            return (
                connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
            )
        except OSError:
            return False
        finally:
            connection.close()

    return answers
