"""rsyslog, as Debian packages it, writing into a file."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.streams.kinds import Kind
from tests.audit.streams.contracts import Place
from tests.audit.streams.processes import Process
from tests.audit.streams.syslog_server import Message, read

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


def found(driver: str) -> str | None:
    """Where the program is, if it is here with what speaks TLS for it."""
    has_driver = any(Path("/usr/lib").glob(f"*/rsyslog/lmnsd_{driver}.so"))
    program = shutil.which("rsyslogd") or shutil.which("/usr/sbin/rsyslogd")
    return program if has_driver else None


@dataclass(kw_only=True)
class Rsyslog(Process):
    """An rsyslog of a test's own; `driver` is what speaks TLS for it."""

    kind = Kind.SYSLOG
    driver: str = "ossl"
    ending: str = "answered"

    @property
    def command(self) -> list[str]:
        program = found(self.driver)
        if program is None:
            pytest.skip("needs Debian's rsyslog, rsyslog-gnutls and rsyslog-openssl")
        text = _CONFIGURATION.format(
            folder=self.folder,
            certificate=self.authority.certificate,
            key=self.authority.key,
            driver=self.driver,
            port=self.port,
        )
        file = self.folder / "rsyslog.conf"
        file.write_text(text)
        return [program, "-n", "-f", str(file), "-i", "NONE"]

    @property
    def settings(self) -> dict[str, str]:
        return {
            "host": "localhost",
            "port": str(self.port),
            "ending": self.ending,
            "authority": self.authority.pem,
        }

    @property
    def messages(self) -> list[Message]:
        """What it wrote, a line for each; a line without its end is not written."""
        file = self.folder / "audit.log"
        lines = file.read_text().split("\n") if file.exists() else [""]
        return [read(line) for line in lines[:-1]]

    def arrived(self) -> list[Place]:
        named = [one.named for one in self.messages if one.kind == "entry"]
        return [(int(one["epoch"]), int(one["index"])) for one in named]
