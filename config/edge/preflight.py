"""Refuses, before Django sees it, what would be a fault or a burden to decode.

Django builds its request outside every middleware and believes the charset that a
client names: some make decoding quadratic (punycode), some fail, some yield lone
surrogates. This site speaks UTF-8, and no address, form or cookie of it has control
characters that PostgreSQL cannot store.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.http import parse_cookie
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _

from config import env
from config.edge.refusals import CookiesAreTooLong, RequestRefused

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_LONGEST_TYPE = 300
_LONGEST_COOKIES = 32 * 1024
_MOST_ESCAPES = 256
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORM = "application/x-www-form-urlencoded"
_NUL = b"\0"
_ESCAPED_NUL = b"%00"


class Preflight:
    """A WSGI application in front of another."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        try:
            check(environ)
        except RequestRefused as refusal:
            return refusal.answer(start_response)
        if "HTTP_COOKIE" in environ:
            environ["HTTP_COOKIE"] = readable_cookies(environ["HTTP_COOKIE"])
        return self._application(environ, start_response)


def check(environ: Environ) -> None:
    """Raise the refusal of a request that Django must not get."""
    _check_address(environ)
    content_type = environ.get("CONTENT_TYPE", "")
    if content_type:
        _check_type(content_type)
    if content_type.partition(";")[0].strip().lower() == _FORM:
        _check_form(environ)
    if len(environ.get("HTTP_COOKIE", "")) > _LONGEST_COOKIES:
        raise CookiesAreTooLong


def readable_cookies(header: str) -> str:
    """The cookies without those that hold control characters, also escaped ones.

    Nobody is locked out by a cookie that another site of the domain has set: it is as
    if it had not come.
    """
    return ";".join(pair for pair in header.split(";") if _is_readable(pair))


def _is_readable(pair: str) -> bool:
    if pair.count("\\") > _MOST_ESCAPES:  # each costs a search through the rest
        return False
    texts = (pair, *parse_cookie(pair).values())
    return not any(_CONTROL.search(text) for text in texts)


def _check_address(environ: Environ) -> None:
    query = environ.get("QUERY_STRING", "")
    is_bad = _CONTROL.search(environ.get("PATH_INFO", ""))
    if is_bad or _CONTROL.search(query) or _ESCAPED_NUL.decode() in query:
        raise RequestRefused(
            _("This address holds a character that no address of this site has.")
        )


def _check_form(environ: Environ) -> None:
    """A form's fields go into columns, searches and records: none can hold NUL."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length[:20]) > env.LARGEST_REQUEST_BYTES:
        return  # without a body, or refused by Django before it is read
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    if _NUL in body or _ESCAPED_NUL in body:
        raise RequestRefused(
            _("This form holds a character that cannot be stored. Remove it.")
        )


def _check_type(content_type: str) -> None:
    """One type, and parameters that Django reads as they are meant."""
    refusal = RequestRefused(
        _("The Content-Type of this request cannot be read. Send UTF-8.")
    )
    if len(content_type) > _LONGEST_TYPE or not _PRINTABLE.fullmatch(content_type):
        raise refusal
    names = [
        part.partition("=")[0].strip().lower() for part in content_type.split(";")[1:]
    ]
    # `charset*=` says an encoding of its own, and a second charset contradicts.
    if any("*" in name for name in names) or names.count("charset") > 1:
        raise refusal
    try:
        _kind, parameters = parse_header_parameters(content_type)
    except (ValueError, LookupError):
        raise refusal from None
    if parameters.get("charset", "utf-8").strip().lower() not in _CHARSETS:
        raise refusal
