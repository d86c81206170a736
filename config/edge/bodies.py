"""Reads the bodies of requests, each under a deadline, in places that are few.

A client has ten seconds, and more the more it has sent: whoever stays below the least
rate is let go. Where all places are taken the body that began first is let go, not the
newest: what arrives whole needs its place for an instant, so stalled bodies crowd out
each other and nobody else. Everything runs in one event loop; there are no locks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from config.edge.refusals import BodyIsTooLarge, BodyIsTooSlow

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class ClientIsGone(Exception):
    """The connection ended in the middle of the body."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the bodies of all clients together, and of one, may take."""

    most_bytes: int
    grace_seconds: float = 10.0
    bytes_a_second: int = 8 * 1024
    most_of_an_address: int = 64
    most_waiting: int = 256
    most_bytes_waiting: int = 128 * 1024 * 1024


@dataclass(kw_only=True, eq=False)
class _Place:
    """One body that is being read."""

    address: str
    timeout: asyncio.Timeout
    held: int = 0
    is_over: bool = False

    def end(self) -> None:
        self.is_over = True
        if not self.timeout.expired():
            self.timeout.reschedule(asyncio.get_running_loop().time())


class Bodies:
    """The bodies that are being read now."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places: dict[_Place, None] = {}  # in the order in which they began

    def __len__(self) -> int:
        return len(self._places)

    async def read(
        self, receive: Receive, *, address: str, announced: int | None
    ) -> bytes:
        """The whole body; refusals say why it was not read."""
        if announced is not None and announced > self._limits.most_bytes:
            raise BodyIsTooLarge
        try:
            async with asyncio.timeout(self._limits.grace_seconds) as timeout:
                with self._place(address, timeout) as place:
                    return await self._read(receive, place)
        except TimeoutError:
            raise BodyIsTooSlow from None

    async def _read(self, receive: Receive, place: _Place) -> bytes:
        begun = asyncio.get_running_loop().time()
        body = bytearray()
        while True:
            message = await receive()
            if place.is_over:
                raise BodyIsTooSlow
            if message["type"] != "http.request":
                raise ClientIsGone
            body += message.get("body", b"")
            if len(body) > self._limits.most_bytes:
                raise BodyIsTooLarge
            if not message.get("more_body", False):
                return bytes(body)
            place.held = len(body)
            place.timeout.reschedule(begun + self._seconds(place.held))
            self._make_room(keeping=place)

    def _seconds(self, held: int) -> float:
        """How long a body may have taken when it has sent `held` bytes."""
        return self._limits.grace_seconds + held / self._limits.bytes_a_second

    @contextmanager
    def _place(self, address: str, timeout: asyncio.Timeout) -> Iterator[_Place]:
        place = _Place(address=address, timeout=timeout)
        self._places[place] = None
        self._make_room(keeping=place)
        try:
            yield place
        finally:
            del self._places[place]

    def _make_room(self, *, keeping: _Place) -> None:
        limits = self._limits
        live = [place for place in self._places if not place.is_over]
        of_address = [place for place in live if place.address == keeping.address]
        if len(of_address) > limits.most_of_an_address:
            self._end_first(of_address, keeping=keeping)
        elif len(live) > limits.most_waiting:
            self._end_first(live, keeping=keeping)
        elif sum(place.held for place in live) > limits.most_bytes_waiting:
            self._end_first([p for p in live if p.held], keeping=keeping)

    def _end_first(self, places: list[_Place], *, keeping: _Place) -> None:
        first = next((place for place in places if place is not keeping), None)
        if first is not None:
            first.end()
