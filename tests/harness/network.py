"""Keeps tests on this machine: a connection to anywhere else raises."""

import ipaddress
import socket
from typing import Any

import pytest

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_sendto = socket.socket.sendto
_getaddrinfo = socket.getaddrinfo
_LOCAL = {"localhost", "", socket.gethostname()}


class LeftTheMachine(RuntimeError):
    """A test tried to reach another machine; not an OSError, so nothing retries it."""


@pytest.fixture(scope="session", autouse=True)
def _stay_here() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(_connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(_connect_ex))
        patch.setattr(socket.socket, "sendto", _guarded(_sendto))
        patch.setattr(socket, "getaddrinfo", _resolve)
        yield


def _guarded(original: Any) -> Any:
    def call(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _demand_local(address[0])
        return original(self, *arguments)

    return call


def _resolve(host: Any, *arguments: Any, **more: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and not _is_number(name):
        _demand_local(name)
    return _getaddrinfo(host, *arguments, **more)


def _is_number(host: str) -> bool:
    """Tells whether `host` is an address in some spelling: nobody is asked for it."""
    try:
        socket.inet_aton(host)
    except OSError:
        return ":" in host
    return True


def _demand_local(host: str) -> None:
    try:
        is_local = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        is_local = host in _LOCAL or host.endswith(".localhost")
    if not is_local:
        raise LeftTheMachine(f"A test tried to reach {host}.")
