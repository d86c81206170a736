"""After a policy is applied its page leads to the sweep that follows."""

from datetime import time, timedelta

import pytest

from retention.schedules import services as schedules
from retention.schedules.rules import Cadence, Schedule
from retention.sweeps import services
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago
from workspaces.tenancy import services as tenancy

POLICIES = "/w/halden-engineering/policies/"
URL = "/w/halden-engineering/sweeps/after-policy/"


def page(stage: Stage, url: str = URL) -> str:
    return stage.owner.client().get(url).content.decode()


def test_a_policy_that_just_took_force_leads_to_its_sweep(stage: Stage) -> None:
    stage.set_policy(90, at=NOON)

    shown = page(stage, POLICIES)

    assert "Version 1 is in force since Mon 2 Mar 2026, 12:00 UTC" in shown
    assert "starts by itself within a minute after that" in shown
    assert f'href="{URL}"' in shown


def test_an_old_policy_is_no_news(stage: Stage) -> None:
    stage.set_policy(90, at=NOON - timedelta(hours=2))

    assert "Watch the sweep" not in page(stage, POLICIES)


def test_until_the_sweep_is_there_the_page_asks_again(stage: Stage) -> None:
    stage.set_policy(90, at=NOON)
    stage.conversation(age=100)

    shown = page(stage)

    assert "1 conversation is due. Its sweep starts within a minute." in shown
    assert 'hx-trigger="every 2s"' in shown
    assert "Look again" in shown


def test_a_daily_schedule_says_when_its_sweep_starts(stage: Stage) -> None:
    stage.set_policy(90, at=NOON)
    stage.conversation(age=100)
    schedules.set_schedule(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        schedule=Schedule(cadence=Cadence.DAILY, daily_at=time(2)),
        at=NOON,
    )

    assert "By its schedule the sweep starts Tue 3 Mar 2026, 02:00 UTC." in page(stage)


def test_where_nothing_is_due_no_sweep_is_promised(stage: Stage) -> None:
    stage.set_policy(90, at=NOON)

    assert "so no sweep starts" in page(stage)


def test_a_sweep_from_before_is_not_taken_for_it(stage: Stage) -> None:
    before = stage.open_sweep(at=days_ago(1))
    stage.set_policy(90, at=NOON)

    shown = page(stage)

    assert "began before the policy took force is still running" in shown
    assert f"/sweeps/{before.public_id}/" in shown


def test_beat_opens_the_sweep_and_the_page_leads_there(lasting: Stage) -> None:
    lasting.conversation(age=100)
    lasting.sweep(at=NOON - timedelta(minutes=5))
    lasting.set_policy(90, at=NOON)
    client = lasting.owner.client()

    assert services.open_due_runs(at=NOON + timedelta(minutes=1))

    answer = client.get(URL)
    assert answer.status_code == 302
    assert "/sweeps/" in answer["location"]
    assert answer["location"] != URL
    followed = client.get(URL, headers={"HX-Request": "true"})
    assert followed["HX-Redirect"] == answer["location"]


def test_a_stranger_and_the_unpermitted_are_refused(stage: Stage) -> None:
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    assert stranger.client().get(URL).status_code == 404
    assert stage.member.client().get(URL).status_code == 403


@pytest.mark.parametrize(
    ("hours", "undo_days", "sentences"),
    [
        (0, 0, ("has no grace period", "has no undo window for expiry")),
        (24, 0, ("takes force 24 hours after", "has no undo window for expiry")),
        (0, 7, ("has no grace period", "can come back for 7 days")),
    ],
)
def test_the_editor_says_what_protects(
    stage: Stage, hours: int, undo_days: int, sentences: tuple[str, str]
) -> None:
    stage.set_policy(90, undo_days, override=True, reason="as agreed")
    tenancy.set_policy_grace(
        actor=cast.OPERATOR, workspace=stage.workspace, hours=hours, at=NOON
    )

    shown = page(stage, POLICIES)

    editor = shown[: shown.index("Preview</button>")]
    assert all(sentence in editor for sentence in sentences)
