"""Users and groups that are deleted and filled at the same moment, in real threads."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from tests.workspaces.scim.provider import Provider
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act answers when all of them begin together."""
    answers: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=60)
            answers[place] = act()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


def again(idp: Provider) -> Provider:
    """The same provider on another connection."""
    return Provider(where=idp.where, token=idp.token)


def test_nothing_deadlocks(
    where: WorkspaceRef, provider_of: Callable[..., Provider]
) -> None:
    idp = provider_of(where)
    people = [idp.user(f"p{n}@halden.example")["id"] for n in range(6)]
    groups = [idp.group(f"g{n}", *people)["id"] for n in range(3)]

    def delete(path: str) -> Callable[[], Any]:
        return lambda: again(idp).send("DELETE", path)

    def fill(group: str) -> Callable[[], Any]:
        every = [{"value": one} for one in people]
        change = {"op": "replace", "path": "members", "value": every}
        return lambda: again(idp).patch(f"/Groups/{group}", change)

    answers = at_once(
        *(delete(f"/Users/{one}") for one in people[:3]),
        *(delete(f"/Groups/{one}") for one in groups[:2]),
        *(fill(one) for one in groups),
    )

    assert [one.status_code for one in answers[:5]] == [204] * 5
    assert {one.status_code for one in answers[5:]} <= {204, 400, 404}
    left = idp.members(groups[2])
    assert set(people[3:]) <= left | set(people[3:])
    assert not left & set(people[:3])


def test_no_member_that_comes_at_the_same_moment_is_lost(
    where: WorkspaceRef, provider_of: Callable[..., Provider]
) -> None:
    idp = provider_of(where)
    people = [idp.user(f"p{n}@halden.example")["id"] for n in range(6)]
    group = idp.group("Everybody")["id"]

    def add(one: str) -> Callable[[], Any]:
        change = {"op": "add", "path": "members", "value": [{"value": one}]}
        return lambda: again(idp).patch(f"/Groups/{group}", change)

    answers = at_once(*(add(one) for one in people))

    assert {one.status_code for one in answers} == {204}
    assert idp.members(group) == set(people)


def test_one_name_is_given_once(
    where: WorkspaceRef, provider_of: Callable[..., Provider]
) -> None:
    idp = provider_of(where)

    def create() -> Any:
        return again(idp).send("POST", "/Users", {"userName": "a@halden.example"})

    answers = at_once(*([create] * 4))

    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
