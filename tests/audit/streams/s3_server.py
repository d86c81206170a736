"""moto's S3 server as a process that may be killed: it forgets nothing.

What it is asked to store is in a journal before it answers, and a new process begins
with that, in a bucket that is always there. It takes what was signed by KEY_ID with
SECRET_KEY only. Arguments: port, certificate, key, journal.
"""

import base64
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.test import Client

from tests.audit.streams import sigv4

BUCKET = "halden-audit"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
_REFUSAL = "<?xml version='1.0'?><Error><Code>%s</Code><Message>x</Message></Error>"


class Store:
    """A WSGI application before moto's."""

    def __init__(self, journal: Path) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._replay(journal)
        self._journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def __call__(
        self, environ: dict[str, Any], start: Callable[..., Any]
    ) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(body)
        method, path = environ["REQUEST_METHOD"], environ["RAW_URI"].partition("?")[0]
        headers = _headers(environ)
        code = sigv4.fault(
            method=method,
            path=path,
            query=environ["QUERY_STRING"],
            headers=headers,
            body=body,
            keys={KEY_ID: SECRET_KEY},
        )
        if code:
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [(_REFUSAL % code).encode()]
        if method == "PUT":
            text = base64.b64encode(body).decode()
            line = json.dumps({"path": path, "headers": headers, "body": text})
            os.write(self._journal, f"{line}\n".encode())
        return self._moto(environ, start)  # type: ignore[no-any-return, no-untyped-call]

    def _replay(self, journal: Path) -> None:
        client = Client(self._moto)
        place = "<LocationConstraint>eu-central-1</LocationConstraint>"
        scope = f"{KEY_ID}/20261101/eu-central-1/s3/aws4_request"
        client.put(
            f"/{BUCKET}",
            base_url="https://localhost/",
            data=f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>",
            headers={"authorization": f"AWS4-HMAC-SHA256 Credential={scope}"},
        )
        for path, headers, body in stored(journal):
            base = f"https://{headers['host']}/"
            client.put(path, base_url=base, headers=headers, data=body)


def stored(journal: Path) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Every request to store something, oldest first; a line that was cut is none."""
    text = journal.read_bytes() if journal.exists() else b""
    for line in text.splitlines(keepends=True):
        if line.endswith(b"\n"):
            found = json.loads(line)
            yield found["path"], found["headers"], base64.b64decode(found["body"])


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        name.removeprefix("HTTP_").lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        found["content-type"] = environ["CONTENT_TYPE"]
    return found


if __name__ == "__main__":
    _port, _certificate, _key, _file = sys.argv[1:]
    run_simple(
        "127.0.0.1",
        int(_port),
        Store(Path(_file)),
        threaded=True,
        ssl_context=(_certificate, _key),
    )
