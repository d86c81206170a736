"""The schedule page: in words, with a preview, changed by those who may."""

from datetime import time

import pytest
from django.db import IntegrityError, connections, transaction

from retention.schedules import selectors, services
from retention.schedules.models import SweepSchedule
from retention.schedules.rules import STANDARD, Cadence, Pace, Schedule, Window
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage

URL = "/w/halden-engineering/sweeps/schedule/"
NIGHTLY = {
    "cadence": "daily",
    "daily_at": "02:30",
    "window_begins": "22:00",
    "window_ends": "06:00",
    "busy_pace": "stopped",
    "zone": "Europe/Berlin",
}
AS_SAID = Schedule(
    cadence=Cadence.DAILY,
    daily_at=time(2, 30),
    window=Window(begins=time(22), ends=time(6)),
    busy_pace=Pace.STOPPED,
    zone="Europe/Berlin",
)


def in_force(stage: Stage) -> Schedule:
    with stage.scope():
        return selectors.schedule_of(workspace=stage.workspace)


def test_before_one_is_set_the_page_says_the_standard_and_its_next_times(
    stage: Stage,
) -> None:
    page = stage.officer.client().get(URL).content.decode()

    assert "A sweep begins each full hour, when something is due." in page
    assert "Mon 2 Mar 2026, 13:00" in page
    assert "Change the schedule" in page  # and why they cannot


def test_a_draft_shows_its_next_five_times_and_changes_nothing(stage: Stage) -> None:
    page = stage.owner.client().get(URL, NIGHTLY).content.decode()

    assert "each day at 02:30" in page
    for day in range(3, 8):
        assert f"{day} Mar 2026, 02:30" in page
    assert "Tue 3 Mar 2026, 01:30 UTC" in page
    assert "Set this schedule" in page
    assert in_force(stage) == STANDARD


def test_an_admin_sets_it(stage: Stage) -> None:
    answer = cast.admin(stage.workspace).client().post(f"{URL}set/", NIGHTLY)

    assert answer.status_code == 302
    assert in_force(stage) == AS_SAID
    with stage.scope():
        assert SweepSchedule.objects.count() == 1


def test_on_team_owners_and_admins_say_when_too(team: Stage) -> None:
    answer = team.owner.client().post(f"{URL}set/", NIGHTLY)

    assert answer.status_code == 302
    assert in_force(team) == AS_SAID


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"daily_at": ""}, "Say at what time the daily sweep begins."),
        ({"daily_at": "12:00"}, "Let it begin in the quiet hours."),
        ({"window_ends": ""}, "Give both ends, or neither."),
        ({"window_ends": "23:00"}, "Quiet hours last 2 hours or more"),
        ({"zone": "Europe/Atlantis"}, "Select a valid choice"),
        ({"daily_at": "half past two"}, "Enter a valid time."),
        ({"busy_pace": "full"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    stage: Stage, changed: dict[str, str], sentence: str
) -> None:
    answer = stage.owner.client().post(f"{URL}set/", NIGHTLY | changed)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert in_force(stage) == STANDARD


def test_the_same_schedule_again_is_refused(stage: Stage) -> None:
    services.set_schedule(
        actor=stage.owner.actor, workspace=stage.workspace, schedule=AS_SAID, at=NOON
    )

    answer = stage.owner.client().post(f"{URL}set/", NIGHTLY)

    assert answer.status_code == 409
    assert "The schedule says so already." in answer.content.decode()


def test_a_member_is_refused_and_a_stranger_finds_nothing(stage: Stage) -> None:
    stranger = cast.owner(cast.elsewhere())

    assert stage.member.client().get(URL).status_code == 403
    assert stage.officer.client().post(f"{URL}set/", NIGHTLY).status_code == 403
    assert stranger.client().get(URL).status_code == 404
    assert in_force(stage) == STANDARD


def test_setting_is_recorded(lasting: Stage, entries) -> None:
    services.set_schedule(
        actor=lasting.owner.actor,
        workspace=lasting.workspace,
        schedule=AS_SAID,
        at=NOON,
    )

    (leaf,) = entries(lasting, "retention.schedule.set")
    assert leaf["target_id"] == str(lasting.workspace.public_id)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"cadence": "daily"}, "sweepschedule_daily_has_its_time"),
        ({"window_begins": time(1)}, "sweepschedule_window_has_both_ends"),
        ({"busy_pace": "full"}, "sweepschedule_pace_known"),
        ({"zone": ""}, "sweepschedule_has_a_zone"),
    ],
)
def test_the_database_keeps_schedules_possible(
    stage: Stage, columns: dict, constraint: str
) -> None:
    row = {"cadence": "hourly", "busy_pace": "paced", "zone": "UTC", "set_by": "x"}
    with (
        stage.scope(),
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
    ):
        SweepSchedule.objects.create(
            workspace_id=stage.workspace.id, set_at=NOON, **row | columns
        )


def test_another_tenant_sees_no_schedule(lasting: Stage) -> None:
    services.set_schedule(
        actor=lasting.owner.actor,
        workspace=lasting.workspace,
        schedule=AS_SAID,
        at=NOON,
    )

    with connections["default"].cursor() as cursor:
        cursor.execute("select count(*) from retention_sweepschedule")
        assert cursor.fetchone() == (0,)
