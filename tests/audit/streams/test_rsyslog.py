"""rsyslog takes the stream over TLS, and what it was killed in comes again."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audit.streams.kinds import Kind
from tests.audit.conftest import Tenant
from tests.audit.streams.conftest import Authority, started, turn
from tests.audit.streams.syslog_server import Message, read

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
Seal = Callable[[], int]

# The queue is direct: what rsyslog has read is in the file before it reads on.
_CONFIGURATION = """
global(workDirectory="{folder}" maxMessageSize="128k"
       defaultNetstreamDriverCAFile="{certificate}"
       defaultNetstreamDriverCertFile="{certificate}"
       defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="{driver}" streamDriver.mode="1"
       streamDriver.authMode="anon")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="audit" queue.type="Direct") {{
    action(type="omfile" file="{folder}/audit.log" template="raw")
}}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="audit")
"""


@dataclass(frozen=True, kw_only=True)
class Rsyslog:
    """An rsyslog of this test's own, in a folder."""

    program: str
    folder: Path
    port: int

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[bytes]"]:
        pid = self.folder / "pid"
        pid.unlink(missing_ok=True)
        command = [self.program, "-n", "-f", "rsyslog.conf", "-i", str(pid)]
        with (self.folder / "said.log").open("ab") as said:
            process = subprocess.Popen(
                command, cwd=self.folder, stdout=said, stderr=said
            )
        try:
            self._wait()
            yield process
        finally:
            process.kill()
            process.wait()

    @property
    def messages(self) -> list[Message]:
        """What it wrote, a line for each; a line without its end is not written."""
        lines = (self.folder / "audit.log").read_text().split("\n")
        return [read(line) for line in lines[:-1]]

    @property
    def places(self) -> list[tuple[int, int]]:
        """The entries that it wrote, each at its first time."""
        found = [one.named for one in self.messages if one.kind == "entry"]
        return list(dict.fromkeys((int(i["epoch"]), int(i["index"])) for i in found))

    def _wait(self) -> None:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if time.monotonic() > until:
                    pytest.fail((self.folder / "said.log").read_text())
                time.sleep(0.02)
            else:
                return


def rsyslog(driver: str, folder: Path, authority: Authority) -> Rsyslog:
    program = shutil.which("rsyslogd") or shutil.which("/usr/sbin/rsyslogd")
    if program is None or not any(
        Path("/usr/lib").glob(f"*/rsyslog/lmnsd_{driver}.so")
    ):
        pytest.skip("needs Debian's rsyslog, rsyslog-gnutls and rsyslog-openssl")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = _CONFIGURATION.format(
        folder=folder,
        certificate=authority.certificate,
        key=authority.key,
        driver=driver,
        port=port,
    )
    (folder / "rsyslog.conf").write_text(text)
    return Rsyslog(program=program, folder=folder, port=port)


def _siem(server: Rsyslog, authority: Authority, ending: str) -> dict[str, str]:
    return {
        "host": "localhost",
        "port": str(server.port),
        "ending": ending,
        "authority": authority.pem,
    }


@pytest.mark.parametrize(
    ("driver", "ending"), [("gtls", "plain"), ("ossl", "answered")]
)
def test_it_writes_every_entry_in_order_also_after_it_was_down(
    halden: Tenant,
    authority: Authority,
    seal: Seal,
    settings: Any,
    tmp_path: Path,
    driver: str,
    ending: str,
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = rsyslog(driver, tmp_path, authority)
    made = started(halden, Kind.SYSLOG, _siem(server, authority, ending))
    sealed = seal()
    with server.running():
        assert turn(made.stream).last_error == ""
    halden.record(reason="Ablösung “Süd”")
    sealed += seal()
    assert turn(made.stream).failures == 1

    with server.running():
        stream = turn(made.stream)

    assert (stream.last_error, stream.cursor) == ("", (1, sealed - 1))
    assert server.places == [(1, index) for index in range(sealed)]
    *_rest, checkpoint = server.messages
    assert checkpoint.named["checkpoint"]


def test_gtls_does_not_answer_the_end_and_the_page_says_so(
    halden: Tenant, authority: Authority, seal: Seal, settings: Any, tmp_path: Path
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = rsyslog("gtls", tmp_path, authority)
    made = started(halden, Kind.SYSLOG, _siem(server, authority, "answered"))
    seal()

    with server.running():
        stream = turn(made.stream)

    assert "did not answer the end of the connection" in stream.last_error
    assert stream.cursor == (1, -1)


def test_killed_under_load_and_started_again_it_misses_nothing(
    halden: Tenant, authority: Authority, seal: Seal, settings: Any, tmp_path: Path
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = rsyslog("ossl", tmp_path, authority)
    made = started(halden, Kind.SYSLOG, _siem(server, authority, "answered"))
    sealed, failed = 0, 0

    for milliseconds in (1, 4, 8, 12, 16, 24, 32, 48):
        for _ in range(40):
            halden.record()
        sealed += seal()
        with server.running() as process:
            killer = threading.Timer(milliseconds / 1000, process.kill)
            killer.start()
            failed += turn(made.stream).failures > 0
            killer.join()
    with server.running():
        stream = turn(made.stream)

    assert failed
    assert stream.cursor == (1, sealed - 1)
    assert server.places == [(1, index) for index in range(sealed)]
