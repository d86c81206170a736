"""Sweeps: starting one, watching it, keeping its receipt."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from retention.receipts import documents
from retention.sweeps import selectors, services, tasks
from retention.sweeps.models import Sweep
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage

URL = "/w/halden-engineering/sweeps/"


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs for which a worker was rung."""
    rung: list[int] = []
    monkeypatch.setattr(tasks, "ring", lambda *, run_id: rung.append(run_id))
    return rung


def _sweeps(stage: Stage) -> list[Sweep]:
    with stage.scope():
        return list(selectors.sweeps().order_by("id"))


def test_before_the_first_sweep_the_page_teaches_what_one_does(stage: Stage) -> None:
    page = stage.owner.client().get(URL).content.decode()

    assert "No sweep yet" in page
    assert "Nothing is due: a sweep now would purge nothing." in page


def test_the_page_says_first_what_a_sweep_would_take(stage: Stage) -> None:
    stage.set_policy(90)
    stage.conversation(age=91)
    stage.conversation(age=92)

    page = stage.owner.client().get(URL).content.decode()

    assert "2 conversations are due and go with the next sweep." in page


def test_an_admin_starts_a_sweep_and_a_worker_is_rung(
    stage: Stage,
    rings: list[int],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    client = cast.admin(stage.workspace).client()

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{URL}start/")

    (opened,) = _sweeps(stage)
    assert answer["location"] == f"{URL}{opened.public_id}/"
    assert rings == [opened.run_id]
    page = client.get(answer["location"]).content.decode()
    assert "Started by" in page
    assert 'hx-trigger="every 2s"' in page


def test_a_second_sweep_is_refused_in_words(stage: Stage, rings: list[int]) -> None:
    client = stage.owner.client()
    client.post(f"{URL}start/")

    page = client.post(f"{URL}start/", follow=True)

    assert "A sweep of this workspace is running already." in page.content.decode()
    assert len(_sweeps(stage)) == 1


def test_the_officer_watches_and_is_told_why_they_cannot_start(stage: Stage) -> None:
    client = stage.officer.client()

    assert "aria-disabled" in client.get(URL).content.decode()
    assert client.post(f"{URL}start/").status_code == 403
    assert _sweeps(stage) == []


def test_a_finished_sweep_shows_its_signed_receipt(lasting: Stage) -> None:
    lasting.set_policy(90)
    lasting.conversation(age=91)
    done = lasting.sweep()

    page = lasting.officer.client().get(f"{URL}{done.public_id}/").content.decode()

    assert "Signed" in page
    assert "of 1 conversation purged" in page
    assert "See its 1 audit entry" in page
    assert "hx-get" not in page.partition('id="sweep"')[2]
    overview = lasting.owner.client().get("/w/halden-engineering/").content.decode()
    assert "1 conversation was purged in two weeks." in overview


def test_polling_gives_the_body_alone_and_ends(lasting: Stage) -> None:
    lasting.set_policy(90)
    lasting.conversation(age=91)
    opened = lasting.open_sweep()
    client = lasting.owner.client()
    path, htmx = f"{URL}{opened.public_id}/", {"hx-request": "true"}

    before = client.get(path, headers=htmx).content.decode()
    services.work(run_id=opened.run_id, budget_seconds=5, now=lambda: NOON)
    waiting = client.get(path, headers=htmx).content.decode()
    lasting.finish(opened)
    after = client.get(path, headers=htmx).content.decode()

    assert "<html" not in before
    assert "counting what is due" in before
    assert "Not signed yet" in waiting
    assert "hx-trigger" in waiting
    assert "hx-trigger" not in after


def test_the_downloaded_receipt_verifies_offline(lasting: Stage) -> None:
    lasting.set_policy(90)
    lasting.conversation(age=91)
    done = lasting.sweep()

    answer = lasting.owner.client().get(f"{URL}{done.public_id}/receipt/")

    assert answer["content-disposition"].startswith("attachment")
    key = json.loads(answer.content)["signature"]["key"]
    found = documents.verified(answer.content, vkey=key)
    assert found["result"]["purged"] == 1


def test_an_open_sweep_has_no_receipt_to_download(
    stage: Stage, rings: list[int]
) -> None:
    stage.owner.client().post(f"{URL}start/")
    (opened,) = _sweeps(stage)

    answer = stage.owner.client().get(f"{URL}{opened.public_id}/receipt/")

    assert answer.status_code == 404


def test_strangers_and_members_are_kept_out(stage: Stage, rings: list[int]) -> None:
    stage.owner.client().post(f"{URL}start/")
    (opened,) = _sweeps(stage)
    stranger = cast.owner(cast.elsewhere()).client()
    member = stage.member.client()

    for path in ("", f"{opened.public_id}/", f"{opened.public_id}/receipt/"):
        assert stranger.get(URL + path).status_code == 404
        assert member.get(URL + path).status_code == 403
    assert member.post(f"{URL}start/").status_code == 403
    assert stage.owner.client().get(f"{URL}{uuid4()}/").status_code == 404


def test_lists_and_polls_need_few_queries(
    lasting: Stage, django_assert_max_num_queries
) -> None:
    lasting.set_policy(90)
    for _number in range(3):
        lasting.conversation(age=91)
        done = lasting.sweep()
    client = lasting.owner.client()
    client.get(URL)

    with django_assert_max_num_queries(16):
        client.get(URL)
    with django_assert_max_num_queries(18):
        client.get(f"{URL}{done.public_id}/")
