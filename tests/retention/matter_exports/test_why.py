"""Why an export of a matter is still there: its page, the API and the sweep agree."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kit import clock
from kit.formatting import absolute
from retention.conversations import object_reasons
from retention.conversations.reasons import WayOut, Why
from retention.holds import services as holds
from retention.holds.models import Hold
from retention.matter_exports import services
from retention.matter_exports.kinds import EXPORTS, KEPT_DAYS
from retention.matter_exports.models import MatterExport
from tests import cast
from tests.cast import NOON
from tests.retention.compliance.conftest import ask, key
from tests.retention.compliance.test_races import sweep_before_standing
from tests.retention.conftest import Stage, days_ago, staged
from workspaces.jobs import services as jobs

pytestmark = pytest.mark.django_db(transaction=True)
_INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def still(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def hold(stage: Stage) -> Hold:
    stage.conversation(age=3)
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[stage.member.membership.pk],
        at=days_ago(1),
    )


@pytest.fixture
def export(stage: Stage, hold: Hold) -> MatterExport:
    row = services.ask(
        workspace=stage.workspace,
        hold=hold,
        actor=stage.officer.actor,
        reason="Disclosure",
        at=NOON,
    )
    jobs.run_due(clock=lambda: NOON)
    with stage.scope():
        return MatterExport.objects.select_related("hold").get(pk=row.pk)


def why(stage: Stage, export: MatterExport, *, at: datetime) -> Why:
    with stage.scope():
        return object_reasons.explain(
            workspace=stage.workspace, public_id=export.public_id, kind=EXPORTS, at=at
        ).why


def told(stage: Stage, export: MatterExport, secret: str = "") -> Any:
    secret = secret or key(stage, "compliance.read")
    return ask(secret, "get", f"{EXPORTS}/{export.public_id}/why")


def page_of(stage: Stage, export: MatterExport) -> str:
    hold = export.hold.public_id
    return f"/w/{stage.workspace.slug}/holds/{hold}/exports/{export.public_id}/"


def by_id(stage: Stage, export: MatterExport, person: cast.Person) -> Any:
    url = f"/w/{stage.workspace.slug}/conversations/why/"
    return person.client().get(url, {"id": str(export.public_id)})


def is_stored(stage: Stage, export: MatterExport) -> bool:
    with stage.scope():
        return bool(MatterExport.objects.filter(pk=export.pk).exists())


def _delete(stage: Stage, export: MatterExport) -> None:
    services.delete(
        actor=stage.officer.actor, workspace=stage.workspace, export=export, at=NOON
    )


@pytest.mark.parametrize(
    ("days", "is_deleted", "goes_after"),
    [
        (None, False, KEPT_DAYS),
        (2, False, 2),
        (28, False, 28),
        (28, True, 7),
        (2, True, 2),
    ],
)
def test_the_sweep_takes_it_at_the_very_moment_that_the_answer_names(
    stage: Stage,
    export: MatterExport,
    days: int | None,
    is_deleted: bool,
    goes_after: int,
) -> None:
    if days is not None:
        stage.set_policy(days, content_kind=EXPORTS)
    if is_deleted:
        _delete(stage, export)

    goes_at = why(stage, export, at=NOON).purge_at

    assert goes_at == export.created_at + timedelta(days=goes_after)
    assert not why(stage, export, at=goes_at - _INSTANT).is_due
    assert why(stage, export, at=goes_at).is_due
    stage.sweep(at=goes_at - _INSTANT)
    assert is_stored(stage, export)
    stage.sweep(at=goes_at)
    assert not is_stored(stage, export)


def test_what_a_sweep_takes_while_its_page_is_made_is_nothing_here(
    stage: Stage, export: MatterExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = stage.officer.client()
    _delete(stage, export)
    later = NOON + timedelta(days=8)
    sweep_before_standing(lambda: stage.sweep(at=later), monkeypatch)

    assert reader.get(page_of(stage, export)).status_code == 404
    assert not is_stored(stage, export)


def test_page_and_api_tell_rule_date_and_what_would_change_it(
    stage: Stage, export: MatterExport
) -> None:
    policy = stage.set_policy(3, content_kind=EXPORTS)
    goes_at = export.created_at + timedelta(days=3)

    answer = told(stage, export)
    page = stage.officer.client().get(page_of(stage, export))
    found = by_id(stage, export, stage.owner)

    assert answer.status_code == page.status_code == found.status_code == 200
    assert answer.json() | {"rules": [], "expires_at": "", "purge_at": ""} == {
        "kind": EXPORTS,
        "id": str(export.public_id),
        "state": "live",
        "is_due": False,
        "is_held": False,
        "rules": [],
        "bounds": None,
        "kept_days": 3,
        "deleted_by": None,
        "holds": [],
        "expires_at": "",
        "undo_ends_at": None,
        "purge_at": "",
        "ways_out": ["lengthen policy", "delete"],
        "goes_with": None,
    }
    assert datetime.fromisoformat(answer.json()["purge_at"]) == goes_at
    assert [one["decides"] for one in answer.json()["rules"]] == [True]
    for shown in (page, found):
        text = shown.content.decode()
        assert absolute(goes_at) in text
        assert f"Version {policy.version} of the policy decides" in text
        assert "Whoever may export matters can delete it before." in text
        assert "Unknown member" not in text
    assert "no legal hold keeps it" in page.content.decode()
    # The state of the archive is no state of the rules below it.
    assert page.content.decode().count("Ready") == 1


def test_a_hold_on_everybody_keeps_no_copy(
    stage: Stage, export: MatterExport, hold: Hold
) -> None:
    goes_at = export.created_at + timedelta(days=KEPT_DAYS)

    answer = why(stage, export, at=goes_at)

    assert hold.released_at is None
    assert (answer.is_due, answer.is_held, answer.holds) == (True, False, [])
    assert WayOut.PLACE_HOLD not in answer.ways_out
    stage.sweep(at=goes_at)
    assert not is_stored(stage, export)


def test_nothing_brings_a_deleted_one_back(stage: Stage, export: MatterExport) -> None:
    _delete(stage, export)

    answer = told(stage, export).json()
    page = stage.officer.client().get(page_of(stage, export)).content.decode()

    assert (answer["state"], answer["deleted_by"]) == ("deleted", "person")
    assert (answer["ways_out"], answer["undo_ends_at"]) == ([], None)
    assert "Somebody who may export matters deleted it." in page
    assert "<li>Nothing.</li>" in page
    assert "can be undone" not in page


def test_who_may_not_see_it_is_not_told(stage: Stage, export: MatterExport) -> None:
    strangers = key(staged(cast.elsewhere()), "compliance.read")

    lacking = told(stage, export, key(stage, "manage.read"))
    elsewhere = told(stage, export, strangers)
    unpermitted = by_id(stage, export, stage.member)
    wrong = told(stage, MatterExport(public_id=export.hold.public_id))

    assert lacking.status_code == unpermitted.status_code == 403
    assert elsewhere.status_code == wrong.status_code == 404


def test_a_canary_has_no_why(stage: Stage) -> None:
    answer = ask(
        key(stage, "compliance.read"),
        "get",
        "canaries/00000000-0000-0000-0000-000000000007/why",
    )

    assert answer.status_code == 404
