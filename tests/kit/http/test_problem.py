"""A failed API request is answered with problem details that tell no secrets."""

import json
from typing import Any

import pytest
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpResponse

from kit import permissions
from kit.http import problem
from kit.refusals import Refused, UnderLegalHold


class ItemIsHeld(Refused):
    """The item is under a legal hold."""


class FileTooOdd(Refused):
    """The file has a form that is not supported."""

    status = 422


def members(answer: HttpResponse | None) -> dict[str, Any]:
    assert answer is not None
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    told: dict[str, Any] = json.loads(answer.content)
    assert told["status"] == answer.status_code
    return told


def test_a_named_refusal_shows_its_sentence_and_its_name() -> None:
    told = members(problem.of(ItemIsHeld("A legal hold covers this conversation.")))

    assert told == {
        "type": "urn:custos:problem:item-is-held",
        "title": "Conflict",
        "status": 409,
        "detail": "A legal hold covers this conversation.",
    }


def test_a_legal_hold_is_a_conflict_that_nobody_retries() -> None:
    answer = problem.of(UnderLegalHold("A legal hold covers this conversation."))

    told = members(answer)
    assert (told["status"], told["code"]) == (409, "legal_hold")
    assert answer is not None
    assert answer["x-should-retry"] == "false"


def test_a_refusal_may_have_a_status_of_its_own() -> None:
    assert members(problem.of(FileTooOdd("Not a zip file.")))["status"] == 422


def test_a_missing_permission_is_named_with_its_reason() -> None:
    error = permissions.PermissionDenied(
        permissions.Permission.AUDIT_VIEW, "Your role cannot read the audit log."
    )

    told = members(problem.of(error))

    assert told["status"] == 403
    assert told["detail"] == "Your role cannot read the audit log."
    assert told["permission"] == "audit.view"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PermissionDenied("internal text"), 403),
        (Http404("internal text"), 404),
        (RequestDataTooBig("internal text"), 413),
        (BadRequest("internal text"), 400),
        (SuspiciousOperation("internal text"), 400),
    ],
)
def test_an_error_of_django_tells_its_status_alone(
    error: Exception, status: int
) -> None:
    told = members(problem.of(error))

    assert told["status"] == status
    assert told["type"] == "about:blank"
    assert "internal text" not in json.dumps(told)


def test_a_fault_of_ours_is_no_problem_of_the_client() -> None:
    assert problem.of(KeyError("secret")) is None
    assert members(problem.fault())["status"] == 500


def test_extensions_stand_beside_the_members_of_the_standard() -> None:
    told = members(problem.response(status=409, extensions={"hold": "matter 7"}))

    assert told["hold"] == "matter 7"
    with pytest.raises(ValueError, match="status"):
        problem.response(status=409, extensions={"status": 200})
