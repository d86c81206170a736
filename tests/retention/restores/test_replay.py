"""A restored database serves nobody until what was purged is purged again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from psycopg import sql

from audit.log import sequencer
from audit.log.selectors import log_of
from audit.verification.walk import walk
from config.celery import app
from config.launcher.cluster import ADMIN
from kit import readiness, scoping, vault
from retention.holds import services as holds
from retention.receipts import documents
from retention.restores import selectors
from retention.sweeps.models import Sweep
from tests.cast import NOON
from tests.harness import stand
from tests.harness.stand import LOGINS, PASSWORD
from tests.retention.certificates.test_find import deleted, receipt, vkey
from tests.retention.conftest import Stage

_COPY = "custos_before_the_purge"
_OWNERS = {"content": "owner", "vault": "vault"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("kit.clock.now", lambda: NOON)
    selectors.gate.forget()
    yield
    selectors.gate.forget()
    _admin("drop database if exists {copy} with (force)", "content")


def _admin(text: str, kind: str) -> None:
    url = stand.of_this_run().url("postgres").replace("//", f"//{ADMIN}:{PASSWORD}@")
    names = {
        "name": sql.Identifier(stand.database(kind)),
        "copy": sql.Identifier(f"{stand.database(kind)}_{_COPY}"),
        "owner": sql.Identifier(LOGINS.name(_OWNERS[kind])),
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(text).format(**names))


def copied(kind: str) -> None:
    """A copy of a whole database, byte for byte, as a snapshot of its disk is."""
    connections.close_all()
    _admin("create database {copy} template {name} owner {owner}", kind)


def restored(kind: str) -> None:
    _loaded(kind)
    selectors.gate.forget()


def _loaded(kind: str) -> None:
    """Under a process that goes on."""
    connections.close_all()
    _admin("drop database {name} with (force)", kind)
    _admin("create database {name} template {copy} owner {owner}", kind)
    _admin("drop database {copy}", kind)


def replayed(capsys: pytest.CaptureFixture[str]) -> Any:
    call_command("replay_tombstones", "--json")
    return json.loads(capsys.readouterr().out)


def swept(stage: Stage) -> Sweep:
    sweep = stage.sweep()
    sequencer.run(at=NOON)
    return sweep


def _listed(stage: Stage) -> str:
    return stage.member.client().get("/me/").content.decode()


def test_nothing_is_refused_where_nothing_was_restored(stage: Stage) -> None:
    deleted(stage)
    swept(stage)

    assert readiness.refusal() == ""
    assert selectors.standing() == selectors.Standing(unknown=0, alive=0)


def test_a_restored_database_serves_nobody_and_says_why(stage: Stage) -> None:
    deleted(stage)
    sequencer.run(at=NOON)
    copied("content")
    swept(stage)

    restored("content")

    ready = Client().get("/readyz")
    assert ready.status_code == 503
    assert "replay_tombstones" in ready.json()["says"][0]
    page = Client().get("/")
    assert page.status_code == 503
    assert "from before 1 purge" in page.content.decode()
    assert Client().get("/healthz").status_code == 200


def test_replaying_purges_what_was_purged_and_nothing_else(
    stage: Stage, entries: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = deleted(stage)
    due = stage.conversation(stage.other, age=100).public_id
    sequencer.run(at=NOON)
    copied("content")
    swept(stage)
    file = receipt(stage, gone)
    restored("content")
    # Due in the copy too, but under a hold, say, that was placed after it.
    stage.set_policy(90)

    result = replayed(capsys)

    assert result["restored"] is True
    assert (result["hidden"], result["purged"], result["held"]) == (1, 1, 0)
    assert stage.stored() == {due}
    assert readiness.refusal() == ""
    assert Client().get("/readyz").json()["checks"]["restore"] == "ok"
    assert str(gone) not in _listed(stage)
    assert len(entries(stage, "retention.tombstones.replayed")) == 1
    assert documents.verified(file, vkey=vkey())["outcome"] == "purged"


def test_the_log_goes_on_in_a_new_epoch_and_names_what_is_lost(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    deleted(stage)
    sequencer.run(at=NOON)
    copied("content")
    swept(stage)
    restored("content")

    assert replayed(capsys)["epoch"] == 2

    sequencer.run(at=NOON)
    organization = stage.workspace.organization.id
    with scoping.organization(organization_id=organization):
        log = log_of(organization_id=organization)
    finding = walk(log, using="sequencer", progress=lambda _n: None).finding
    assert finding is not None
    assert finding.flaw == "truncated"


def test_a_hold_of_the_copy_keeps_its_rows_hidden_and_opens_none(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = deleted(stage)
    hold = _held(stage)
    sequencer.run(at=NOON)
    copied("content")
    with connections["owner"].cursor() as cursor:  # as if released long ago
        cursor.execute("delete from retention_holdscope")
    swept(stage)
    restored("content")

    result = replayed(capsys)

    assert (result["purged"], result["held"]) == (0, 1)
    assert stage.stored() == {gone}
    assert str(gone) not in _listed(stage)
    with stage.scope():
        assert hold.scopes.count() == 1
    assert readiness.refusal() == ""


def test_a_vault_that_was_restored_forgets_its_keys_again(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    row = stage.conversation(age=100)
    stage.set_policy(90)
    copied("vault")
    swept(stage)
    restored("vault")
    assert "The vault was restored" in readiness.refusal()

    result = replayed(capsys)

    assert result["destroyed"] == 1
    assert vault.read_keys([row.key_id]) == {}


def test_twice_changes_nothing_more(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    deleted(stage)
    sequencer.run(at=NOON)
    copied("content")
    swept(stage)
    restored("content")
    replayed(capsys)

    again = replayed(capsys)

    assert (again["hidden"], again["purged"], again["settled"]) == (0, 0, 0)
    assert again["epoch"] is None
    call_command("replay_tombstones", "--if-restored", "--json")
    assert json.loads(capsys.readouterr().out) == {"restored": False}


def test_a_worker_does_not_start(stage: Stage) -> None:
    deleted(stage)
    sequencer.run(at=NOON)
    copied("content")
    swept(stage)
    restored("content")

    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config.celery", "worker"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 1
    assert "replay_tombstones" in done.stderr


def test_a_worker_under_which_a_copy_was_loaded_purges_nothing(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retention.restores.selectors._SECONDS", 0.0)
    monkeypatch.setattr("retention.sweeps.tasks.ring", lambda **_: None)
    stage.set_policy(90)
    due = stage.conversation(stage.other, age=100).public_id
    run = stage.open_sweep()
    _turn(run)
    sequencer.run(at=NOON)  # the plan is sealed: what is left is to purge
    copied("content")
    _work(run)
    assert due not in stage.stored()
    assert readiness.refusal() == ""
    _loaded("content")

    _work(run)
    assert due in stage.stored()

    replayed(capsys)
    _work(run)
    assert due not in stage.stored()


def _work(run: Sweep) -> None:
    for _ring in range(10):
        _turn(run)
        sequencer.run(at=NOON)


def _turn(run: Sweep) -> None:
    """As a worker takes it."""
    task = app.tasks["retention.tasks.work_run"]
    task.apply(kwargs={"run_id": run.pk}).get()


def _held(stage: Stage) -> Any:
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Harbor",
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )
