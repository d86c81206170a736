"""Reads the body of a question: strict JSON of one shape, or a sentence about it.

A body that two programs could read in two ways (a member that is named twice, a number
that is none, half of a character) is refused: a gateway in front must never have read
another question than the one that is answered here. Sentences name places, no values.
"""

import json
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from kit.refusals import Refused

LARGEST_BYTES = 512 * 1024
_MEDIA_TYPE = "application/json"
_MOST_FLAWS = 5

MessageT = TypeVar("MessageT", bound=BaseModel)


class BadBody(Refused):
    """The body is not what this address takes."""

    status = 400


class BodyIsTooLarge(Refused):
    """The body is longer than any question has to be."""

    status = 413


def read(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that a request carries."""
    _demand_type(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BYTES:
        raise BodyIsTooLarge(_("A request may have at most %d bytes.") % LARGEST_BYTES)
    if not request.body:
        raise BadBody(_("The body is empty: send a JSON object."))
    try:
        found = json.loads(
            request.body.decode(),
            object_pairs_hook=_named_once,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):
        raise BadBody(
            _("The body is no JSON in UTF-8, or names a member twice.")
        ) from None
    if not isinstance(found, dict):
        raise BadBody(_("The body has to be a JSON object."))
    return found


def message(kind: type[MessageT], found: Any) -> MessageT:
    """What was read as one kind of message."""
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        raise BadBody(_flaws(error)) from None


def _demand_type(request: HttpRequest) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    is_json = (request.content_type or "").strip().lower() == _MEDIA_TYPE
    if not is_json or charset.strip("'\" ").lower() not in {"utf-8", "utf8"}:
        raise BadBody(_("Send the header “Content-Type: application/json”."))


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A member is named twice.")
    return found


def _no_number(_name: str) -> Any:
    raise ValueError("Not a number of JSON.")


def _flaws(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}"
        for one in found[:_MOST_FLAWS]
    )
