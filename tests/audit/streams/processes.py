"""Receivers that are processes: tests kill them and start them again."""

import json
import os
import signal
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from audit.streams.kinds import Kind
from tests.audit.streams import contracts
from tests.audit.streams.authorities import Authority
from tests.audit.streams.contracts import Place
from tests.harness import servers


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(kw_only=True)
class Process(ABC):
    """A receiver with its files in a folder, on a port that stays its own."""

    kind: ClassVar[Kind]
    authority: Authority
    folder: Path
    port: int = field(default_factory=_free_port)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """From when it answers until it is killed with signal 9, in whatever it is."""
        with servers.running(
            self.command,
            log=self.folder / "server.log",
            environment=os.environ,
            is_ready=self._answers,
            stop_with=signal.SIGKILL,
        ):
            yield self

    @property
    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    @property
    @abstractmethod
    def settings(self) -> dict[str, str]:
        """What a stream to it is told."""

    @abstractmethod
    def arrived(self) -> list[Place]:
        """The entries that it stored, as often as it did, in the order it did."""

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def python(self, module: str, *before: str) -> list[str]:
        """A program of these tests, told where to listen and what to write."""
        files = (self.authority.certificate, self.authority.key, self.journal)
        return [
            *(sys.executable, "-m", f"tests.audit.streams.{module}", *before),
            *(str(self.port), *map(str, files)),
        ]

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class _Https(Process):
    """One of the contracts."""

    @property
    def command(self) -> list[str]:
        return self.python("contracts", self.kind.value)

    def arrived(self) -> list[Place]:
        text = self.journal.read_text() if self.journal.exists() else ""
        lines = text.split("\n")[:-1]
        return [(epoch, index) for one in lines for epoch, index in json.loads(one)]


class Webhook(_Https):
    kind = Kind.WEBHOOK

    @property
    def settings(self) -> dict[str, str]:
        return {"url": self.url, "mode": "batch", "authority": self.authority.pem}


class Splunk(_Https):
    kind = Kind.SPLUNK

    @property
    def settings(self) -> dict[str, str]:
        return {
            "url": self.url,
            "token": contracts.WITH_ACKS,
            "authority": self.authority.pem,
        }


class OpenTelemetry(_Https):
    kind = Kind.OTLP

    @property
    def settings(self) -> dict[str, str]:
        return {
            "url": f"{self.url}/otlp",
            "header": f"Authorization: {contracts.SIGN_IN}",
            "authority": self.authority.pem,
        }
