"""The front reads bodies whole, in time, in few places; threads wait for none."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from config.edge.bodies import Limits
from config.edge.front import Front

LIMITS = Limits(most_bytes=1000, grace_seconds=0.05, most_of_an_address=2)


class Exchange:
    """One request as a server hands it over, and what is sent back."""

    def __init__(
        self, *parts: bytes, ends: bool = True, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._messages = [
            {"type": "http.request", "body": part, "more_body": True} for part in parts
        ]
        if ends and self._messages:
            self._messages[-1]["more_body"] = False
        sent = [*headers, *([("transfer-encoding", "chunked")] if parts else [])]
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "raw_path": b"/a%20b/%ff",
            "query_string": b"q=1",
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", "8000"),
            "client": ("192.0.2.1", "4711"),
            "headers": [(name.encode(), value.encode()) for name, value in sent],
        }
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop(0)
        await asyncio.Event().wait()  # the rest never comes
        raise AssertionError

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def through(self, front: Front) -> "Exchange":
        await front(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    environ["read"] = environ["wsgi.input"].read()
    start("200 OK", [("X-Length", environ.get("CONTENT_LENGTH", "none"))])
    shown = ("PATH_INFO", "REMOTE_ADDR", "HTTP_COOKIE", "HTTP_X_FORWARDED_FOR", "read")
    return [repr([environ.get(name) for name in shown]).encode()]


def front(application: Any = echo, *, limits: Limits = LIMITS, **options: int) -> Front:
    return Front(application, **{"threads": 2, **options}, limits=limits)


def run(made: Awaitable[Any]) -> Any:
    async def within() -> Any:
        async with asyncio.timeout(20):
            return await made

    # A thread of its own: the browser tests leave a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(within())).result()


def test_the_application_gets_a_whole_body() -> None:
    headers = [("cookie", "a=1"), ("cookie", "b=2")]

    answer = run(Exchange(b"one", b"two", headers=headers).through(front()))

    assert answer.status == 200
    assert answer.headers == {b"x-length": b"6"}
    assert (
        answer.body
        == repr(["/a b/\xff", "192.0.2.1", "a=1;b=2", None, b"onetwo"]).encode()
    )


def test_a_header_with_an_underscore_does_not_pass_for_a_proxys() -> None:
    answer = run(Exchange(headers=[("x_forwarded_for", "10.0.0.1")]).through(front()))

    assert b"10.0.0.1" not in answer.body


def test_a_request_without_a_body_waits_for_none() -> None:
    answer = run(Exchange().through(front()))

    assert answer.status == 200
    assert answer.headers == {b"x-length": b"none"}


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(b"", headers=[("content-length", "1001")], ends=False),
        Exchange(b"", headers=[("content-length", "9" * 5000)], ends=False),
        Exchange(b"a" * 600, b"a" * 600, ends=False),
    ],
    ids=["announced", "announced beyond all", "sent"],
)
def test_too_large_a_body_is_not_read(exchange: Exchange) -> None:
    answer = run(exchange.through(front()))

    assert answer.status == 413
    assert answer.headers[b"connection"] == b"close"


def test_a_body_that_stalls_is_let_go() -> None:
    answer = run(Exchange(b"SAMLResponse=a", ends=False).through(front()))

    assert answer.status == 408
    assert answer.headers[b"connection"] == b"close"
    assert answer.headers[b"retry-after"] == b"10"


def test_what_was_sent_buys_time() -> None:
    limits = Limits(most_bytes=10_000, grace_seconds=0.05, bytes_a_second=10)
    slow = Exchange(b"a" * 1000, ends=False)

    async def waits() -> bool:
        task = asyncio.create_task(slow.through(front(limits=limits)))
        done, _pending = await asyncio.wait({task}, timeout=0.3)
        task.cancel()
        return not done

    assert run(waits())


def test_stalled_bodies_crowd_out_each_other_and_nobody_else() -> None:
    served = front(limits=Limits(most_bytes=1000, most_of_an_address=2))
    stalled = [Exchange(b"a", ends=False) for _ in range(3)]

    async def all_of_them() -> Exchange:
        tasks = [asyncio.create_task(one.through(served)) for one in stalled]
        await tasks[0]
        assert not tasks[1].done()
        quick = await Exchange(b"whole").through(served)
        assert not tasks[2].done()
        for task in tasks[1:]:
            task.cancel()
        return quick

    quick = run(all_of_them())

    assert quick.status == 200
    assert stalled[0].status == 408


def test_the_bytes_of_all_are_bounded() -> None:
    served = front(limits=Limits(most_bytes=1000, most_bytes_waiting=1500))
    stalled = [Exchange(b"a" * 900, ends=False) for _ in range(2)]

    async def both() -> None:
        tasks = [asyncio.create_task(one.through(served)) for one in stalled]
        await tasks[0]
        assert not tasks[1].done()
        tasks[1].cancel()

    run(both())

    assert stalled[0].status == 408


def test_a_client_that_leaves_gets_no_answer() -> None:
    exchange = Exchange(b"a", ends=False)
    exchange._messages.append({"type": "http.disconnect"})

    assert run(exchange.through(front())).sent == []


def test_more_than_may_wait_for_a_thread_are_told_to_come_back() -> None:
    goes_on = threading.Event()

    def waiting(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        goes_on.wait(20)
        return echo(environ, start)

    served = front(waiting, threads=1, most_queued=1)

    async def three() -> list[int]:
        tasks = [asyncio.create_task(Exchange().through(served)) for _ in range(2)]
        await asyncio.sleep(0)
        last = await Exchange().through(served)
        goes_on.set()
        return [*[(await task).status for task in tasks], last.status]

    assert run(three()) == [200, 200, 503]


def test_a_long_answer_is_handed_over_as_it_is_made() -> None:
    closed = []

    class Parts:
        def __iter__(self) -> Any:
            return iter([b"a" * 700_000] * 4)

        def close(self) -> None:
            closed.append(True)

    def long(_environ: dict[str, Any], start: Callable[..., Any]) -> Parts:
        start("200 OK", [])
        return Parts()

    answer = run(Exchange().through(front(long)))

    assert len(answer.body) == 2_800_000
    assert [message["more_body"] for message in answer.sent[1:]] == [True, True, False]
    assert closed == [True]


def test_a_fault_tells_nothing_but_that(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_environ: dict[str, Any], _start: Callable[..., Any]) -> list[bytes]:
        raise RuntimeError("a secret")

    answer = run(Exchange().through(front(broken)))

    assert answer.status == 500
    assert b"secret" not in answer.body
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
