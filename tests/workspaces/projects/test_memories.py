"""A member sees, adds, switches and deletes own memories; nobody else sees any."""

import pytest
from django.db import connection

from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from tests.workspaces.projects.conftest import turn_off
from workspaces.access.features import Feature
from workspaces.projects import limits, selectors, services
from workspaces.projects.models import Memory
from workspaces.projects.services import NotAllowed, TooMany

URL = "/me/memories/"


def memories(stage: Stage) -> list[Memory]:
    with stage.scope():
        return list(Memory.objects.order_by("id"))


def test_a_memory_is_added_sealed_and_recorded(stage: Stage):
    browser = stage.member.client()

    browser.post(URL + "add/", {"text": "Prefers short answers"})

    (row,) = memories(stage)
    assert b"short" not in bytes(row.sealed)
    assert "Prefers short answers" in browser.get(URL).content.decode()
    assert row.owner_id == stage.member.membership.pk


def test_adding_is_recorded_without_its_text(stage: Stage):
    with stage.scope():
        made = services.remember(
            actor=stage.member.actor,
            workspace=stage.workspace,
            member=stage.member.membership,
            text="Prefers short answers",
            at=NOON,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "select convert_from(leaf, 'UTF8') from audit_entry"
                " order by id desc limit 1"
            )
            leaf = cursor.fetchone()[0]
    assert '"workspaces.memory.stored"' in leaf
    assert str(made.public_id) in leaf
    assert "short" not in leaf


def test_owners_and_other_members_see_nothing_of_it(stage: Stage):
    simple.memory(stage)

    for person in (stage.owner, stage.other, stage.officer):
        page = person.client().get(URL).content.decode()
        assert "Malmö" not in page
        assert "Nothing is remembered" in page


@pytest.mark.parametrize("text", ["", "   ", "x" * (limits.MEMORY + 1)])
def test_bad_text_is_refused_and_nothing_is_stored(stage: Stage, text):
    answer = stage.member.client().post(URL + "add/", {"text": text})

    assert answer.status_code == 400
    assert memories(stage) == []


def test_no_more_than_so_many(stage: Stage, monkeypatch):
    monkeypatch.setattr(limits, "MEMORIES_OF_MEMBER", 1)
    simple.memory(stage)

    with stage.scope(), pytest.raises(TooMany):
        services.remember(
            actor=stage.member.actor,
            workspace=stage.workspace,
            member=stage.member.membership,
            text="More",
            at=NOON,
        )


def test_the_switch_is_ones_own_and_stops_new_ones_only(stage: Stage):
    simple.memory(stage)
    browser = stage.member.client()

    browser.post(URL + "switch/", {"on": "no"})
    browser.post(URL + "add/", {"text": "More"})

    page = browser.get(URL).content.decode()
    assert "you turned memory off" in page
    assert "Malmö" in page
    assert len(memories(stage)) == 1
    with stage.scope():
        assert not selectors.may_remember(member=stage.member.membership).allowed
        assert selectors.may_remember(member=stage.other.membership).allowed
    browser.post(URL + "switch/", {"on": "yes"})
    with stage.scope():
        assert selectors.may_remember(member=stage.member.membership).allowed


def test_where_the_workspace_turns_it_off_own_ones_stay_to_see_and_delete(
    stage: Stage,
):
    row = simple.memory(stage)
    turn_off(stage, Feature.MEMORY_USE)
    browser = stage.member.client()

    page = browser.get(URL).content.decode()
    answer = browser.post(URL + "add/", {"text": "More"})
    browser.post(f"/me/stored/memories/{row.public_id}/delete/")

    assert "Malmö" in page
    assert "Add one yourself" not in page
    assert answer.status_code == 302
    (left,) = memories(stage)
    assert left.deleted_at == NOON


def test_nobody_writes_into_anothers_memory(stage: Stage):
    with stage.scope(), pytest.raises(NotAllowed):
        services.remember(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            member=stage.member.membership,
            text="Is slow",
            at=NOON,
        )


def test_a_workspace_that_one_is_not_in_is_not_there(stage: Stage):
    cast.elsewhere()

    browser = stage.member.client()

    assert browser.get(URL + "?in=brennan").status_code == 404
    assert browser.get(URL + "?in=nowhere").status_code == 404


def test_a_page_of_memories_costs_a_fixed_number_of_queries(
    stage: Stage, django_assert_max_num_queries
):
    for _row in range(12):
        simple.memory(stage)
    browser = stage.member.client()

    with django_assert_max_num_queries(28):
        browser.get(URL)
