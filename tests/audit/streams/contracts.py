"""What receivers of streams promise, and a program that keeps it: it may be killed.

Each contract reads requests with nothing of Custos's: Splunk's as its documentation
says, OpenTelemetry's with the classes that its project generates. What came is told to
`keep` as places. `sink` takes whatever comes, to measure the sender. Arguments of the
program: contract, port, certificate, key, journal.
"""

import gzip
import json
import os
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from tests.audit.streams.receivers import Answer, Request, listening

Place = tuple[int, int]
Keep = Callable[[list[Place]], None]
TOKEN = "b7d0c1de-4f1c-4d5e-9a62-000000000000"
WITH_ACKS = "b7d0c1de-4f1c-4d5e-9a62-000000000001"
DISABLED = "b7d0c1de-4f1c-4d5e-9a62-000000000002"
SIGN_IN = "Bearer 5f0e"
_BETWEEN_SECONDS = 0.02


class Refusal(Exception):
    """An answer that confirms nothing."""

    def __init__(self, status: int, said: dict[str, Any]) -> None:
        super().__init__(status)
        self.answer = status, json.dumps(said).encode()


def _text(asked: Request) -> str:
    packed = asked.headers.get("content-encoding") == "gzip"
    return (gzip.decompress(asked.body) if packed else asked.body).decode()


class Webhook:
    """CloudEvents 1.0, in batches."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    def __call__(self, asked: Request) -> tuple[int, bytes]:
        events = json.loads(_text(asked))
        for one in events:
            assert one["specversion"] == "1.0"
            assert {"id", "source", "type"} <= one.keys()
        told = [e["sequence"].split(".") for e in events if "sequence" in e]
        self._keep([(int(epoch), int(index)) for epoch, index in told])
        return 204, b""


_KEYS = {"time", "host", "source", "sourcetype", "index", "event", "fields"}
_SAID = {
    1: (403, "Token disabled"),
    2: (401, "Token is required"),
    3: (401, "Invalid authorization"),
    4: (403, "Invalid token"),
    5: (400, "No data"),
    6: (400, "Invalid data format"),
    7: (400, "Incorrect index"),
    8: (500, "Internal server error"),
    9: (503, "Server is busy"),
    10: (400, "Data channel is missing"),
    11: (400, "Invalid data channel"),
    12: (400, "Event field is required"),
    13: (400, "Event field cannot be blank"),
    14: (400, "ACK is disabled"),
}


def _hec(code: int) -> Refusal:
    status, text = _SAID[code]
    return Refusal(status, {"text": text, "code": code})


class Splunk:
    """The HTTP Event Collector; under WITH_ACKS it confirms before it has indexed.

    `busy_every`: every so-manieth request is refused as one that comes too fast.
    """

    def __init__(self, keep: Keep, *, busy_every: int = 0) -> None:
        self._keep = keep
        self._busy_every = busy_every
        self._asked = 0
        self._acks: dict[tuple[str, int], bool] = {}

    def __call__(self, asked: Request) -> tuple[int, bytes]:
        try:
            return 200, json.dumps(self._taken(asked)).encode()
        except Refusal as refusal:
            return refusal.answer

    def _taken(self, asked: Request) -> dict[str, Any]:
        path = urlsplit(asked.path).path
        token = self._token(asked)
        channel = self._channel(asked, is_wanted=token == WITH_ACKS)
        if path == "/services/collector/ack":
            return self._acknowledged(asked, token, channel)
        if path not in {"/services/collector", "/services/collector/event"}:
            raise Refusal(
                404, {"text": "The requested URL was not found.", "code": 404}
            )
        self._asked += 1
        if self._busy_every and self._asked % self._busy_every == 0:
            raise _hec(9)
        places = list(self._places(_text(asked)))
        if token != WITH_ACKS:
            self._keep(places)
            return {"text": "Success", "code": 0}
        ack = self._asked
        self._acks[channel, ack] = False
        threading.Thread(target=self._index, args=(places, channel, ack)).start()
        return {"text": "Success", "code": 0, "ackId": ack}

    def _token(self, asked: Request) -> str:
        said = asked.headers.get("authorization", "")
        if not said:
            raise _hec(2)
        scheme, _space, token = said.partition(" ")
        if scheme != "Splunk":
            raise _hec(3)
        if token == DISABLED:
            raise _hec(1)
        if token not in {TOKEN, WITH_ACKS}:
            raise _hec(4)
        return token

    def _channel(self, asked: Request, *, is_wanted: bool) -> str:
        inside = parse_qs(urlsplit(asked.path).query).get("channel", [""])[0]
        channel = asked.headers.get("x-splunk-request-channel") or inside
        if not channel and is_wanted:
            raise _hec(10)
        try:
            return str(UUID(channel)) if channel else ""
        except ValueError:
            raise _hec(11) from None

    def _places(self, text: str) -> Iterator[Place]:
        if not text.strip():
            raise _hec(5)
        while text := text.lstrip():
            try:
                one, end = json.JSONDecoder().raw_decode(text)
            except ValueError:
                raise _hec(6) from None
            if not isinstance(one, dict) or not one.keys() <= _KEYS:
                raise _hec(6)
            if "event" not in one:
                raise _hec(12)
            if not one["event"]:
                raise _hec(13)
            if "index" in one:
                raise _hec(7)
            if one["sourcetype"] == "custos:audit":
                yield one["event"]["log"]["epoch"], one["event"]["log"]["index"]
            text = text[end:]

    def _acknowledged(self, asked: Request, token: str, channel: str) -> dict[str, Any]:
        if token != WITH_ACKS:
            raise _hec(14)
        acks = json.loads(_text(asked))["acks"]
        said = {str(one): self._acks.get((channel, one), False) for one in acks}
        for one in acks:
            if said[str(one)]:
                self._acks.pop((channel, one))  # It tells of each once only.
        return {"acks": said}

    def _index(self, places: list[Place], channel: str, ack: int) -> None:
        time.sleep(_BETWEEN_SECONDS)
        self._keep(places)
        self._acks[channel, ack] = True


class OpenTelemetry:
    """A receiver of OTLP over HTTP, in both of its encodings."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    def __call__(self, asked: Request) -> tuple[int, bytes]:
        # Here, since only this contract needs them.
        from google.protobuf import json_format
        from opentelemetry.proto.collector.logs.v1 import (
            logs_service_pb2 as service,
        )

        if asked.path != "/otlp/v1/logs":
            return 404, b""
        if asked.headers.get("authorization") != SIGN_IN:
            return 401, b'{"code":16,"message":"unauthenticated"}'
        if asked.headers["content-type"] != "application/json":
            return 415, b""
        try:
            told = json_format.Parse(_text(asked), service.ExportLogsServiceRequest())
        except json_format.ParseError:
            return 400, b'{"code":3}'
        self._keep(
            [
                place
                for resource in told.resource_logs
                for scope in resource.scope_logs
                for record in scope.log_records
                for place in self._place(record)
            ]
        )
        answer = service.ExportLogsServiceResponse()
        return 200, json_format.MessageToJson(answer).encode()

    def _place(self, record: Any) -> Iterator[Place]:
        assert record.time_unix_nano
        assert record.event_name
        told = {one.key: one.value.int_value for one in record.attributes}
        if "custos.index" in told:
            yield told["custos.epoch"], told["custos.index"]


def main(contract: str, port: str, certificate: str, key: str, journal: str) -> None:
    """Serves until it is killed; between storing and answering a kill fits in."""
    file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def keep(places: list[Place]) -> None:
        os.write(file, f"{json.dumps(places)}\n".encode())
        time.sleep(_BETWEEN_SECONDS)

    answers: dict[str, Answer] = {
        "webhook": Webhook(keep),
        "splunk": Splunk(keep, busy_every=7),
        "otlp": OpenTelemetry(keep),
        "sink": lambda _asked: (200, b'{"code":0}'),
    }
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    listening(tls, int(port), answers[contract]).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
