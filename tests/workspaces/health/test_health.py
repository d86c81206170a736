"""What a load balancer hears."""

import pytest
from django.test import Client

from workspaces.health import selectors


@pytest.mark.django_db(transaction=True)
def test_a_whole_installation_is_ready(valkey: object) -> None:
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": {
            "database": "ok",
            "vault": "ok",
            "migrations": "ok",
            "restore": "ok",
            "broker": "ok",
            "sequencer": "ok",
        },
    }


@pytest.mark.django_db(transaction=True)
def test_without_the_broker_work_is_late_but_people_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selectors, "_broker_answers", lambda: False)

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["broker"]) == (200, "late")


@pytest.mark.django_db(transaction=True)
def test_without_the_vault_nobody_is_sent_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selectors, "_answers", lambda alias: alias != "vault")

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["vault"]) == (503, "failed")


def test_the_process_answers_without_any_of_them() -> None:
    assert Client().get("/healthz").content == b"ok\n"
