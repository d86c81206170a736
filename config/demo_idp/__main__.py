"""Serves the demo identity provider on this machine; `--prepare` makes its files."""

import ipaddress
import sys
from datetime import UTC, datetime
from socketserver import ThreadingMixIn
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from config import env
from config.demo_idp import identity
from config.demo_idp.site import DemoIdp


class CannotServe(Exception):
    """The provider must not or cannot start; `str()` says why."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    """Addresses hold hints of who signs in: they are not logged."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main(arguments: list[str]) -> int:
    """Start, or say in one sentence why not."""
    try:
        host, port = _place()
        itself = identity.prepared(home=env.HOME, base_url=env.DEMO_IDP_URL)
        if "--prepare" in arguments:
            return 0
        site = DemoIdp(identity=itself, portal_url=env.BASE_URL, now=_now)
        with make_server(host, port, site, _Server, _QuietHandler) as server:
            server.serve_forever()
    except CannotServe as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"The demo identity provider cannot start: {error}.\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _place() -> tuple[str, int]:
    if not env.DEMO:
        raise CannotServe(
            "The demo identity provider signs anybody in, so it only starts in demo "
            "mode: set CUSTOS_DEMO=1, and never where real people sign in."
        )
    parts = urlsplit(env.DEMO_IDP_URL)
    host = parts.hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if not is_here or parts.port is None:
        raise CannotServe(
            "CUSTOS_DEMO_IDP_URL must name a port on this machine, such as "
            f"http://127.0.0.1:8001; it is {env.DEMO_IDP_URL}."
        )
    return host, parts.port


def _now() -> datetime:
    """The portal's clock, which a demonstration may have stopped."""
    moment = datetime.fromisoformat(env.NOW) if env.NOW else datetime.now(tz=UTC)
    return moment.astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
