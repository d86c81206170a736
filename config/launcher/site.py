"""Names the processes of the site: web, workers, beat, demo identity provider."""

import http.client
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

from config.launcher.accounts import MYSELF
from config.launcher.home import Home
from config.launcher.ports import HOST
from config.launcher.supervision import Part

# Every queue that a task names; a test compares this with the tasks.
WORKER_QUEUES = ("due",)
SEQUENCER_QUEUES = ("sequencer",)
_DEMO_IDP = "config.demo_idp"
_THREADS = 8  # as many as the connection pool holds


def parts(home: Home, environment: Mapping[str, str], *, port: int) -> list[Part]:
    """The processes of the site, all started side by side."""

    def part(title: str, log: str, *command: str, **more: object) -> Part:
        return Part(
            title=title,
            command=MYSELF.command(sys.executable, "-m", *command),
            log=home.logs / f"{log}.log",
            environment=environment,
            **more,  # type: ignore[arg-type]
        )

    found = [
        part(
            "The web server",
            "web",
            *granian(port=port),
            is_ready=serves(port, "/healthz"),
        ),
        part(
            "The worker", "worker", *worker("worker", WORKER_QUEUES, "--concurrency=2")
        ),
        # Its own process: a long sweep waits for the seal and must not keep it waiting.
        part(
            "The sequencer",
            "sequencer",
            *worker("sequencer", SEQUENCER_QUEUES, "--pool=solo"),
        ),
        part("Beat", "beat", *beat()),
    ]
    idp_port = urlsplit(environment.get("CUSTOS_DEMO_IDP_URL", "")).port
    if environment["CUSTOS_DEMO"] == "true" and find_spec(_DEMO_IDP) and idp_port:
        is_ready = serves(idp_port, "/")
        idp = part(
            "The demo identity provider", "demo-idp", _DEMO_IDP, is_ready=is_ready
        )
        found.append(idp)
    return found


def granian(*, port: int) -> tuple[str, ...]:
    """The web server's module and options."""
    options = ("--interface", "wsgi", "--host", HOST, "--port", str(port))
    threads = ("--blocking-threads", str(_THREADS), "--respawn-failed-workers")
    return ("granian", *options, *threads, "--no-ws", "config.wsgi:application")


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
