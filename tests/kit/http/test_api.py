"""What the framework of the API refuses comes back as a problem, and none is open."""

import json
from typing import Any

import pytest
from django.test import RequestFactory
from ninja import Router, Schema
from ninja.security import HttpBearer

from kit.guard import Entry
from kit.http.api import Api, OperationIsOpen
from kit.refusals import Refused


class Anyone(HttpBearer):
    """Lets everybody in who presents something."""

    def authenticate(self, request: Any, token: str) -> str:
        return token


class Order(Schema):
    """What the operation of this test is sent."""

    number: int


class OutOfStock(Refused):
    """The shelf is empty."""

    headers = {"Retry-After": "7"}


router = Router(auth=Anyone())
open_router = Router()


@router.post("/orders")
def order(request: Any, order: Order) -> dict[str, int]:
    """Takes an order for anything but thirteen."""
    if order.number == 13:
        raise OutOfStock("We have no thirteen.")
    if order.number == 0:
        raise ZeroDivisionError
    return {"number": order.number}


@open_router.get("/open")
def open_operation(request: Any) -> None:
    """An operation that nobody has closed."""


@pytest.fixture
def view() -> Any:
    api = Api(title="Test", version="1", routers={"/v1": f"{__name__}.router"})
    found = {pattern.name: pattern.callback for pattern in api._get_urls()}
    assert found["order"].custos_entry is Entry.KEYED
    assert found["docs"].custos_entry is Entry.PUBLIC
    return found["order"]


def post(view: Any, body: str) -> Any:
    request = RequestFactory().post(
        "/v1/orders",
        body,
        content_type="application/json",
        headers={"Authorization": "Bearer x"},
    )
    return view(request)


def test_what_is_right_goes_through(view: Any) -> None:
    assert json.loads(post(view, '{"number": 7}').content) == {"number": 7}


@pytest.mark.parametrize(
    ("body", "status"),
    [("{", 400), ('{"number": "secret-value"}', 422), ("[]", 422), ("\ud800", 400)],
)
def test_a_body_that_cannot_be_read_names_the_place(
    view: Any, body: str, status: int
) -> None:
    answer = post(view, body.encode("utf-8", "surrogatepass"))  # type: ignore[arg-type]

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert b"secret-value" not in answer.content
    if status == 422:
        assert "number" in json.dumps(json.loads(answer.content)["errors"]) or body == (
            "[]"
        )


def test_a_refusal_keeps_its_sentence_and_headers(view: Any) -> None:
    answer = post(view, '{"number": 13}')

    assert (answer.status_code, answer["Retry-After"]) == (409, "7")
    assert json.loads(answer.content)["type"] == "urn:custos:problem:out-of-stock"


def test_a_fault_of_ours_is_not_swallowed(view: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        post(view, '{"number": 0}')


def test_an_operation_that_nobody_closed_is_refused_at_start_up() -> None:
    api = Api(title="Test", version="1", routers={"/v1": f"{__name__}.open_router"})

    with pytest.raises(OperationIsOpen):
        api._get_urls()
