"""Answers that are given before Django: a sentence, and the connection ends."""

from collections.abc import Callable
from http import HTTPStatus

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RETRY_SECONDS = 10


class RequestRefused(Exception):
    """A request that goes no further."""

    status = HTTPStatus.BAD_REQUEST
    sentence: str | Promise = _("This request cannot be read.")

    def __init__(self, sentence: str | Promise | None = None) -> None:
        super().__init__()
        if sentence is not None:
            self.sentence = sentence

    @property
    def line(self) -> str:
        """The status line, as WSGI wants it."""
        return f"{self.status.value} {self.status.phrase}"

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Whoever is refused may have more of the request to send: it is not read."""
        found = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ]
        if self.status in _PASSING:
            found.append(("Retry-After", str(RETRY_SECONDS)))
        return found

    @property
    def body(self) -> bytes:
        """The sentence."""
        return f"{self.sentence}\n".encode()

    def answer(self, start_response: Callable[..., object]) -> list[bytes]:
        """Itself as a WSGI response."""
        start_response(self.line, self.headers)
        return [self.body]


class BodyIsTooSlow(RequestRefused):
    """The rest of the body did not come in time, or others needed the place."""

    status = HTTPStatus.REQUEST_TIMEOUT
    sentence = _("The rest of this request did not arrive in time. Send it again.")


class BodyIsTooLarge(RequestRefused):
    """More than any form of this site holds."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    sentence = _("This request is larger than this site accepts. Send less at once.")


class CookiesAreTooLong(RequestRefused):
    """Far more than this site sets."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    sentence = _("The cookies of this request are too long. Delete those of this site.")


class TooBusy(RequestRefused):
    """All threads work, and as many requests wait for one as may."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    sentence = _("This site is busy. Try again in a few seconds.")


class Fault(RequestRefused):
    """A fault of ours; it tells nothing but that."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    sentence = _("Something went wrong on our side.")


_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE})
