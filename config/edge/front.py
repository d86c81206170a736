"""Serves a WSGI application from an event loop: threads never wait for a client.

The loop reads each body before a thread begins and sends each answer after a thread is
done. Only answers longer than a megabyte are handed over while they are made; a reader
that is too slow for one ends it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from config.edge import environs
from config.edge.bodies import Bodies, ClientIsGone, Limits, Receive
from config.edge.preflight import Application
from config.edge.refusals import Fault, RequestRefused, TooBusy

Send = Callable[[dict[str, Any]], Awaitable[None]]

_AT_ONCE = 1024 * 1024
_SECONDS_A_PART = 60.0

_log = logging.getLogger(__name__)


class AnswerIsCut(Exception):
    """An answer ends in its middle: its reader is too slow, or making it failed."""


@dataclass(kw_only=True)
class _Answer:
    """Status and headers, as WSGI's start_response gets them, and what is to send."""

    status: int = 500
    headers: list[tuple[str, str]] = field(default_factory=list)
    is_begun: bool = False
    rest: bytes = b""

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: Any = None,  # noqa: ARG002 -- WSGI names it
    ) -> None:
        self.status, self.headers = int(status.partition(" ")[0]), headers


class Front:
    """An ASGI application around a WSGI one with `threads` threads."""

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        limits: Limits,
        most_queued: int = 256,
    ) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._bodies = Bodies(limits)
        self._most = threads + most_queued
        self._in_hand = 0

    async def __call__(
        self, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            raise ValueError(f"This site does not speak {scope['type']}.")
        try:
            await self._answer(scope, receive, send)
        except ClientIsGone:
            return
        except RequestRefused as refusal:
            await _refuse(refusal, send)
        except AnswerIsCut:
            _log.warning("an answer ends in its middle")

    async def _answer(
        self, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        headers = list(scope["headers"])
        body = b""
        if environs.has_body(headers):
            body = await self._bodies.read(
                receive,
                address=environs.address_of(scope),
                announced=environs.announced(headers),
            )
        environ = environs.environ_of(scope, body=body)
        if self._in_hand >= self._most:
            raise TooBusy
        self._in_hand += 1
        try:
            answer = await self._made(environ, send)
        finally:
            self._in_hand -= 1
        await _send(answer, answer.rest, send, is_last=True)

    async def _made(self, environ: dict[str, Any], send: Send) -> _Answer:
        loop = asyncio.get_running_loop()
        answer = _Answer()

        def hand_over(part: bytes) -> None:
            sending = _send(answer, part, send, is_last=False)
            asyncio.run_coroutine_threadsafe(sending, loop).result()

        try:
            await loop.run_in_executor(
                self._threads, _run, self._application, environ, answer, hand_over
            )
        except AnswerIsCut:
            raise
        except Exception as defect:  # noqa: BLE001 -- whatever it is, it is answered
            # The type only: the text of a defect may hold content.
            _log.error("a request failed: %s", type(defect).__name__)
            raise (AnswerIsCut if answer.is_begun else Fault) from None
        return answer


def _run(
    application: Application,
    environ: dict[str, Any],
    answer: _Answer,
    hand_over: Callable[[bytes], None],
) -> None:
    """In a thread: make the answer and let go of all that it needed."""
    parts: Iterable[bytes] = application(environ, answer.start)
    held = bytearray()
    try:
        for part in parts:
            held += part
            if len(held) >= _AT_ONCE:
                hand_over(bytes(held))
                held.clear()
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    answer.rest = bytes(held)


async def _send(answer: _Answer, part: bytes, send: Send, *, is_last: bool) -> None:
    try:
        async with asyncio.timeout(_SECONDS_A_PART):
            if not answer.is_begun:
                answer.is_begun = True
                await send(_start(answer.status, answer.headers))
            await send(_body(part, is_last=is_last))
    except TimeoutError:
        raise AnswerIsCut from None


async def _refuse(refusal: RequestRefused, send: Send) -> None:
    await send(_start(refusal.status.value, refusal.headers))
    await send(_body(refusal.body, is_last=True))


def _start(status: int, headers: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (name.lower().encode("latin-1"), value.strip().encode("latin-1"))
            for name, value in headers
        ],
    }


def _body(part: bytes, *, is_last: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": part, "more_body": not is_last}
