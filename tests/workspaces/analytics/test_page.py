"""The analytics page counts whole weeks, hides small ones, and names nobody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from kit import clock
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import TITLE, Stage, staged
from workspaces.analytics import selectors
from workspaces.usage.models import DailyUse

URL = "/w/halden-engineering/analytics/"
# NOON is a Monday: the last whole week began seven days before its midnight.
LAST_WEEK = NOON - timedelta(days=3)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def stage(db: None) -> Stage:
    return staged(cast.workspace())


def write(stage: Stage, people: int, *, at=LAST_WEEK) -> None:
    for n in range(people):
        person = cast.person(stage.workspace, f"writer{n}@halden.example")
        stage.conversation(person, last_activity_at=at)


def found(stage: Stage) -> list:
    with stage.scope():
        return selectors.weeks(workspace=stage.workspace, at=NOON)


def test_members_conversations_and_messages_count_in_their_week(stage: Stage):
    write(stage, 5)
    write(stage, 2, at=LAST_WEEK - timedelta(weeks=1))

    weeks = found(stage)

    assert len(weeks) == selectors.WEEKS
    assert (weeks[-1].members, weeks[-1].others[:2]) == (5, (5, 5))
    assert (weeks[-2].members, weeks[-2].others[:2]) == (2, (2, 2))
    assert weeks[0].members == 0


def test_the_running_week_and_what_is_older_do_not_count(stage: Stage):
    write(stage, 6, at=NOON)
    write(stage, 6, at=NOON - timedelta(weeks=13))

    assert {week.members for week in found(stage)} == {0}


def test_the_page_hides_few_and_names_nobody(stage: Stage):
    write(stage, 5)
    write(stage, 3, at=LAST_WEEK - timedelta(weeks=1))

    page = stage.owner.client().get(URL).content.decode()

    assert "fewer than 5" in page
    assert "a total would give a hidden week away" in page
    assert "writer0" not in page
    assert TITLE not in page


def test_an_analytics_viewer_sees_it_and_a_member_does_not(stage: Stage):
    assert cast.analyst(stage.workspace).client().get(URL).status_code == 200
    assert stage.member.client().get(URL).status_code == 403
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    assert stranger.client().get(URL).status_code == 404


def test_another_workspace_is_not_counted(stage: Stage):
    other = staged(cast.workspace(stage.workspace.organization, slug="halden-lab"))
    write(other, 6)

    assert {week.members for week in found(stage)} == {0}


def test_it_costs_a_fixed_number_of_queries(
    stage: Stage, django_assert_max_num_queries
):
    write(stage, 6)
    browser = stage.owner.client()

    with django_assert_max_num_queries(22):
        browser.get(URL)


def test_uses_of_gpts_and_connectors_count_in_their_week(stage: Stage):
    write(stage, 5)
    for day, kind, number in (
        (LAST_WEEK, "gpt", 40),
        (LAST_WEEK - timedelta(days=3), "gpt", 2),
        (LAST_WEEK, "connector", 7),
        (NOON, "gpt", 1000),
    ):
        with stage.scope():
            DailyUse.objects.create(
                workspace_id=stage.workspace.id,
                day=day.date(),
                kind=kind,
                number=number,
            )

    page = stage.owner.client().get(URL).content.decode()

    assert found(stage)[-1].others[-2:] == (42, 7)
    assert "GPT uses" in page
    assert "Connector uses" in page
