"""Answers API requests that failed with problem details (RFC 9457)."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from kit import permissions
from kit.refusals import Refused

CONTENT_TYPE = "application/problem+json"
BLANK = "about:blank"
_OURS = "urn:custos:problem:"
_RESERVED = frozenset({"type", "title", "status", "detail", "instance"})
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def response(
    *,
    status: int,
    detail: str = "",
    type: str = BLANK,  # noqa: A002 -- the member's name in the standard
    title: str = "",
    extensions: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """One problem; `detail` is a sentence for a person, `type` is for programs."""
    if clash := _RESERVED & set(extensions or {}):
        raise ValueError(f"Reserved by the standard: {', '.join(sorted(clash))}.")
    members = {
        "type": type,
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        **({"detail": detail} if detail else {}),
        **(extensions or {}),
    }
    answer = HttpResponse(
        json.dumps(members, cls=DjangoJSONEncoder),
        status=status,
        content_type=CONTENT_TYPE,
    )
    answer["Cache-Control"] = "no-store"
    return answer


def of(error: Exception) -> HttpResponse | None:
    """The problem that `error` stands for; None for a fault of ours, which is a 500.

    Our named refusals show their sentence, and their class name as the type:
    `ItemIsHeld` is `urn:custos:problem:item-is-held`. Nothing else of an exception is
    shown, since its text may hold content.
    """
    if isinstance(error, Refused):
        return _refusal(error)
    if isinstance(error, permissions.PermissionDenied):
        return response(
            status=403,
            detail=error.reason,
            type=type_of(error),
            extensions={"permission": str(error.permission)},
        )
    return _of_django(error)


def _refusal(error: Refused) -> HttpResponse:
    answer = response(
        status=error.status,
        detail=str(error),
        type=type_of(error),
        extensions={"code": error.code} if error.code else None,
    )
    for name, value in error.headers.items():
        answer[name] = value
    return answer


def fault() -> HttpResponse:
    """The answer to a fault of ours: it tells nothing but that."""
    return response(status=500, detail=_("Something went wrong on our side."))


def type_of(error: Exception) -> str:
    """The stable name by which programs tell one refusal from another."""
    name = error.__class__.__name__
    return _OURS + _WORD_START.sub("-", name).lower()


def _of_django(error: Exception) -> HttpResponse | None:
    if isinstance(error, PermissionDenied):
        return response(status=403)
    if isinstance(error, Http404):
        return response(status=404)
    if isinstance(error, RequestDataTooBig):
        return response(status=413)
    if isinstance(error, BadRequest | SuspiciousOperation):
        return response(status=400)
    return None
