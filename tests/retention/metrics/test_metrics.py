"""/metrics: sums for this machine, names for the token, 404 for strangers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from retention.promise import services
from tests.cast import NOON
from tests.retention.conftest import Stage
from tests.retention.promise.test_promise import deleted


def test_this_machine_reads_sums_without_names(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = NOON + timedelta(days=31)
    monkeypatch.setattr("kit.clock.now", lambda: late)
    deleted(stage, at=NOON)
    services.watch_all(at=late)

    answer = Client().get("/metrics")

    assert answer["Content-Type"].startswith("application/openmetrics-text")
    text = answer.content.decode()
    assert "# TYPE custos_overdue_items gauge" in text
    assert "\ncustos_overdue_items 1\n" in text
    assert "\ncustos_oldest_due_seconds -86400\n" in text
    assert "custos_doom_rows 0" in text
    for queue in ("due", "slow", "streams", "sequencer"):
        assert f'custos_queue_depth{{queue="{queue}"}}' in text
    assert text.endswith("# EOF\n")
    assert "halden" not in text


def test_the_token_opens_the_figures_of_each_workspace(
    stage: Stage, settings: Any
) -> None:
    settings.CUSTOS_METRICS_TOKEN = "a-long-secret"
    services.watch_all(at=NOON)
    with_token = {"Authorization": "Bearer a-long-secret"}

    text = Client().get("/metrics", headers=with_token).content.decode()

    assert 'custos_workspace_overdue_items{workspace="halden-engineering"} 0' in text
    assert Client().get("/metrics").status_code == 404
    wrong = {"Authorization": "Bearer another"}
    assert Client().get("/metrics", headers=wrong).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "headers"),
    [("192.0.2.7", {}), ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}), ("", {})],
)
def test_strangers_learn_nothing(address: str, headers: dict[str, str]) -> None:
    answer = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)

    assert answer.status_code == 404
