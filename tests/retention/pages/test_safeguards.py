"""The page of safeguards: owners set them, others read them."""

import pytest

from retention.policies.safeguards import selectors
from tests.retention.conftest import Stage

URL = "/w/halden-engineering/policies/safeguards/"
ASKED = {
    "grace_hours": "48",
    "approval_percent": "25",
    "approval_number": "",
    "breaker_factor": "5",
    "breaker_minimum": "1000",
    "breaker_percent": "50",
    "reason": "Works council",
}


def percent(stage: Stage) -> int | None:
    with stage.scope():
        found = selectors.protection(workspace=stage.workspace)
    return found.threshold.percent


def test_an_owner_sets_them(stage: Stage) -> None:
    client = stage.owner.client()

    answer = client.post(f"{URL}set/", ASKED)

    assert answer.status_code == 302
    assert percent(stage) == 25
    assert 'value="25"' in client.get(URL).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"grace_hours": "999"}, {"approval_percent": "0"}, {"reason": ""}]
)
def test_bad_input_changes_nothing(stage: Stage, wrong: dict[str, str]) -> None:
    answer = stage.owner.client().post(f"{URL}set/", ASKED | wrong)

    assert answer.status_code == 422
    assert percent(stage) is None


def test_others_read_them(stage: Stage) -> None:
    shown = stage.officer.client().get(URL).content.decode()

    assert "5 times the usual" in shown
    assert "You can look, and not change" in shown
    assert stage.officer.client().post(f"{URL}set/", ASKED).status_code == 403
