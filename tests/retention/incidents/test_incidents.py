"""An incident is recorded, shown and mailed once per stage; then it is over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from kit.actor import Actor
from retention.incidents import rules, selectors, services
from retention.incidents.models import Incident, IncidentKind
from retention.incidents.services import Found
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from workspaces.notices.models import Notice

WATCH = Actor.system("sweeper")
STUCK = Found(kind=IncidentKind.STUCK, subject="sweep without a plan", n=2)


def report(stage: Stage, *, days: float = 0, found: Found = STUCK) -> None:
    services.report(
        actor=WATCH,
        workspace=stage.workspace,
        found=found,
        at=NOON + timedelta(days=days),
    )


def mails(stage: Stage) -> int:
    with stage.scope():
        return Notice.objects.filter(kind="retention.incident").count()


@pytest.mark.parametrize(
    ("lasted", "stage"),
    [
        (timedelta(0), rules.Stage.NEW),
        (timedelta(hours=23), rules.Stage.NEW),
        (timedelta(days=1), rules.Stage.A_DAY),
        (timedelta(days=6, hours=23), rules.Stage.A_DAY),
        (timedelta(days=7), rules.Stage.A_WEEK),
    ],
)
def test_stages_go_by_how_long_it_lasts(lasted: timedelta, stage: rules.Stage) -> None:
    assert rules.stage_after(lasted) is stage


def test_owners_are_told_once_at_each_stage_and_the_log_keeps_each(
    stage: Stage, entries
) -> None:
    for days in (0, 0.01, 1.1, 1.2, 8, 9):
        report(stage, days=days)

    assert mails(stage) == 3
    assert len(entries(stage, "retention.incident.opened")) == 1
    lasted = entries(stage, "retention.incident.lasted")
    assert [leaf["counts"]["stage"] for leaf in lasted] == [2, 3]
    with stage.scope():
        (one,) = selectors.lasting()
    assert (one.found_n, one.seen_at) == (2, NOON + timedelta(days=9))


def test_it_is_over_when_it_is_not_found_any_more(stage: Stage, entries) -> None:
    report(stage)

    services.sync(
        actor=WATCH, kind=IncidentKind.STUCK, found={}, using="sweeper", at=NOON
    )

    with stage.scope():
        assert not selectors.lasting().exists()
    assert len(entries(stage, "retention.incident.resolved")) == 1


def test_each_workspace_has_its_own(stage: Stage) -> None:
    stranger = staged(cast.elsewhere())

    services.sync(
        actor=WATCH,
        kind=IncidentKind.STUCK,
        found={(stage.workspace.id, "one"): 1, (stranger.workspace.id, "two"): 1},
        using="sweeper",
        at=NOON,
    )

    for one, subject in ((stage, "one"), (stranger, "two")):
        with one.scope():
            assert [found.subject for found in selectors.lasting()] == [subject]


def test_the_page_of_sweeps_and_the_overview_show_it(stage: Stage, clock) -> None:
    report(stage)
    client = stage.owner.client()

    sweeps = client.get("/w/halden-engineering/sweeps/").content.decode()
    overview = client.get("/w/halden-engineering/").content.decode()

    sentence = "Work of deleting has stood still for too long"
    assert sentence in sweeps
    assert sentence in overview


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"kind": "weather"}, "incident_kind_known"),
        ({"stage": 4}, "incident_stage_known"),
        ({"seen_at": NOON - timedelta(1)}, "incident_seen_after_it_opened"),
        ({}, "incident_once_while_it_lasts"),
    ],
)
def test_the_database_keeps_incidents_possible(
    stage: Stage, columns: dict, constraint: str
) -> None:
    report(stage)
    row = {
        "kind": STUCK.kind,
        "subject": STUCK.subject,
        "found_n": 1,
        "stage": 1,
        "opened_at": NOON,
        "seen_at": NOON,
    }

    with (
        stage.scope(),
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
    ):
        Incident.objects.create(workspace_id=stage.workspace.id, **row | columns)
