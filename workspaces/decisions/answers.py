"""Writes answers in the form of the standard, with the reasons of each decision.

Everybody gets the reason that a person may be shown. Where an answer comes from names
roles and groups: only keys that may read those see it.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from kit.http import problem
from workspaces.access.verdicts import Source, Verdict
from workspaces.decisions.selectors import Answer, Code

_REQUEST_ID = "X-Request-ID"
_LONGEST_REQUEST_ID = 1_000
_STATUS = {Code.PERMITTED: "200", Code.DENIED: "403"}


def decision(answer: Answer, *, is_explained: bool) -> dict[str, Any]:
    """One decision with its reasons."""
    status = _STATUS.get(answer.code, "404")
    context: dict[str, Any] = {
        "code": answer.code.value,
        "reason_user": {status: answer.reason},
    }
    if answer.verdict is not None:
        context["value"] = _value(answer.verdict.value)
        if is_explained:
            context["reason_admin"] = {status: _explained(answer.verdict)}
            context["trail"] = [_source(one) for one in answer.verdict.trail]
    return {"decision": answer.is_permitted, "context": context}


def failed(sentence: str) -> dict[str, Any]:
    """The decision about one evaluation of a batch that cannot be read."""
    return {
        "decision": False,
        "context": {"error": {"status": 400, "message": sentence}},
    }


def results(found: Sequence[dict[str, str]], *, next_token: str) -> dict[str, Any]:
    """One page of a search."""
    page = {"next_token": next_token, "count": len(found)}
    return {"page": page, "results": list(found)}


def written(body: dict[str, Any]) -> HttpResponse:
    """A body as the answer to a request."""
    text = json.dumps(body, separators=(",", ":"))
    return HttpResponse(text, content_type="application/json")


def in_the_standards_form(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """An answer with the id of its request; a problem becomes its sentence."""
    if answer["Content-Type"] == problem.CONTENT_TYPE:
        told = json.loads(answer.content)
        answer.content = str(told.get("detail") or told["title"]).encode()
        answer["Content-Type"] = "text/plain; charset=utf-8"
    request_id = request.headers.get(_REQUEST_ID, "")
    if 0 < len(request_id) <= _LONGEST_REQUEST_ID and request_id.isprintable():
        answer[_REQUEST_ID] = request_id
    return answer


def _explained(verdict: Verdict) -> str:
    deciding = [_named(one) for one in verdict.trail if one.decided]
    if not deciding:
        return verdict.reason
    return _("%(reason)s Decided by: %(sources)s.") % {
        "reason": verdict.reason,
        "sources": ", ".join(deciding),
    }


def _named(source: Source) -> str:
    named = f"{source.where.value} “{source.name}”" if source.name else ""
    through = f" ({', '.join(source.groups)})" if source.groups else ""
    return f"{named or source.where.value}{through}"


def _source(source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {
        "where": source.where.value,
        "said": None if source.said is None else _value(source.said),
        "decided": source.decided,
    }
    if source.id is not None:
        found |= {
            "id": str(source.id),
            "name": source.name,
            "direct": source.is_direct,
            "groups": list(source.groups),
        }
    return found


def _value(value: str | frozenset[str]) -> str | list[str]:
    return value if isinstance(value, str) else sorted(value)
