"""Refuses forms in another charset than UTF-8.

A charset may decode to what UTF-8 cannot carry, and a page that shows it again would
fail. Django refuses one in an urlencoded form by itself, and lets it pass in a
multipart one. Everything else that is read here is JSON or bytes.
"""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

_UTF_8 = frozenset({"utf-8", "utf8"})


class CharsetMiddleware:
    """Answers 400 before the body is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.content_type == "multipart/form-data":
            charset = (request.content_params or {}).get("charset", "utf-8")
            if charset.lower() not in _UTF_8:
                raise BadRequest("a form is sent in UTF-8")
        return self.get_response(request)
