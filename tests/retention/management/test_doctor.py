"""The operator asks what is wrong: each thing by name, with the way out."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

import config.celery  # noqa: F401 -- as manage.py does
from audit.log import checkpoints, sequencer
from audit.log.selectors import logs_for_operator
from audit.verification import services as verification
from retention.management import diagnosis
from retention.management.commands import doctor
from retention.management.diagnosis import Finding, work
from retention.sweeps import tasks as sweeps
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago
from workspaces.tenancy.models import Workspace


@pytest.fixture(autouse=True)
def _no_worker_will_come(monkeypatch) -> None:
    monkeypatch.setattr(work, "TRIES", 1)


def test_it_asks_for_every_queue_that_is_named() -> None:
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}

    assert set(work.QUEUES) == routed | {*sweeps.QUEUES.values()}


def asked(name: str) -> Finding:
    return diagnosis.PROBES[name](NOON)


def owner(sql: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def sealing(monkeypatch) -> None:
    """The sequencer runs whenever the command looks at the clock of its patience."""
    monkeypatch.setattr(doctor.time, "sleep", lambda _: sequencer.run(at=NOON))


def run() -> tuple[dict[str, Any], bool]:
    out, failed = StringIO(), False
    try:
        call_command("doctor", "--patience", "0.5", "--json", stdout=out)
    except SystemExit as end:
        failed = end.code == 1
    return json.loads(out.getvalue()), failed


@pytest.mark.usefixtures("clock", "valkey")
def test_a_sound_installation_is_well_apart_from_what_tests_lack(
    stage: Stage, settings, tmp_path
):
    # Heads of logs that other tests left are no business of this one.
    settings.CUSTOS_CHECKPOINT_DIR = tmp_path
    # A browser test that ran before allows the event loop of its own.
    settings.SILENCED_SYSTEM_CHECKS = [*settings.SILENCED_SYSTEM_CHECKS, "async.E001"]
    sequencer.run(at=NOON)

    found = {finding.name: finding for finding in diagnosis.examine(at=NOON)}

    lacking = {"workers", "durability", "vault separation", "address", "demo"}
    assert {name for name, one in found.items() if one.level != "ok"} <= lacking
    assert found["vault separation"].level == "warn"
    assert all(one.way_out for one in found.values() if one.level != "ok")


@pytest.mark.usefixtures("clock", "sealing")
def test_the_examination_is_recorded_and_its_seal_awaited(stage: Stage):
    result, failed = run()

    recorded = next(one for one in result["checks"] if one["name"] == "record")
    assert recorded["level"] == "ok"
    assert failed is (result["bad"] > 0) is not result["healthy"]
    with connections["sequencer"].cursor() as cursor:
        cursor.execute(
            "select convert_from(leaf, 'UTF8')::json from audit_entry"
            " where organization_id = 0 order by id desc limit 1"
        )
        leaf = cursor.fetchone()[0]
    assert leaf["action"] == "retention.installation.examined"
    assert leaf["counts"]["bad"] == result["bad"]


@pytest.mark.usefixtures("clock")
def test_without_a_sequencer_it_says_so_and_exits_with_1(stage: Stage):
    result, failed = run()

    recorded = next(one for one in result["checks"] if one["name"] == "record")
    assert failed
    assert recorded["level"] == "bad"
    assert "beat" in recorded["way_out"]


@pytest.mark.parametrize(
    ("damage", "name", "sentence"),
    [
        (
            "drop trigger conversation_is_not_held on workspaces_conversation",
            "protections",
            "trigger",
        ),
        (
            "alter table retention_hold disable row level security",
            "protections",
            "retention_hold",
        ),
        (
            "delete from django_migrations where app = 'retention'",
            "migrations",
            "default",
        ),
    ],
)
def test_damage_to_the_database_is_named(stage: Stage, damage, name, sentence):
    owner(damage)

    found = asked(name)

    assert found.level == "bad"
    assert sentence in found.sentence


def test_a_purge_that_did_not_happen_in_time_is_named(stage: Stage):
    stage.conversation(age=60, deleted_at=days_ago(31), deleted_by="owner")
    stage.conversation(age=60, deleted_at=days_ago(29), deleted_by="owner")

    found = asked("overdue purges")

    assert found.level == "bad"
    assert f"1 in {stage.workspace.slug}" in found.sentence


def test_an_entry_that_waits_for_its_seal_is_named(stage: Stage):
    found = diagnosis.PROBES["seal"](NOON + timedelta(minutes=2))

    assert found.level == "bad"
    assert "unsealed since" in found.sentence


def _verified(*, at: datetime) -> None:
    verification.request_stale(at=at)
    verification.work_due(clock=lambda: at)


def test_a_log_that_does_not_hold_is_named(stage: Stage, settings, tmp_path):
    settings.CUSTOS_CHECKPOINT_DIR = tmp_path
    sequencer.run(at=NOON)
    _verified(at=NOON + timedelta(days=1))
    assert diagnosis.PROBES["verification"](NOON + timedelta(days=1)).level == "ok"

    owner(
        "set custos.audit_door = 'open'; update audit_entry set leaf = 'x'"
        " where id = (select entry_id from audit_facet where index = 0"
        " and organization_id > 0); reset custos.audit_door"
    )
    _verified(at=NOON + timedelta(days=2))

    found = diagnosis.PROBES["verification"](NOON + timedelta(days=2))
    assert found.level == "bad"
    assert "edited, first at index 0" in found.sentence


def test_a_log_that_nobody_verified_for_long_is_named(stage: Stage, settings, tmp_path):
    settings.CUSTOS_CHECKPOINT_DIR = tmp_path

    found = diagnosis.PROBES["verification"](NOON + timedelta(days=400))

    assert found.level == "warn"
    assert "Not verified since" in found.sentence


def test_a_log_that_vanished_is_named(stage: Stage, settings, tmp_path):
    settings.CUSTOS_CHECKPOINT_DIR = tmp_path
    sequencer.run(at=NOON)
    log = next(one for one in logs_for_operator() if one.organization_id)
    owner(
        "set custos.audit_door = 'open'; delete from audit_log where"
        f" organization_id = {log.organization_id}; reset custos.audit_door"
    )

    found = asked("verification")

    assert found.level == "bad"
    assert f"checkpoints of {log.uuid} (lost)" in found.sentence


def test_a_database_behind_its_published_head_is_named(stage: Stage):
    sequencer.run(at=NOON)
    log = next(one for one in logs_for_operator() if one.organization_id)
    note = checkpoints.published(log.uuid) or ""
    file = checkpoints._file(log.uuid)
    try:
        file.write_text(note.replace("/1\n", "/2\n", 1))
        found = asked("published heads")
    finally:
        file.write_text(note)

    assert found.level == "bad"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda folder: {"CUSTOS_LOG_KEY_FILE": folder / "log"}, "keys"),
        (lambda folder: {"CUSTOS_INSTALLATION_KEY_FILE": folder / "none"}, "keys"),
        (
            lambda folder: {"CUSTOS_CHECKPOINT_DIR": folder / "no/where"},
            "published heads",
        ),
        (lambda _: {"CUSTOS_BASE_URL": "http://custos.halden.example"}, "address"),
        (lambda _: {"DEBUG": True}, "address"),
    ],
)
def test_a_wrong_setting_is_named(
    stage: Stage,
    settings,
    tmp_path: Path,
    change: Callable[[Path], dict[str, Any]],
    name: str,
):
    settings.CUSTOS_DEMO = False
    for setting, value in change(tmp_path).items():
        setattr(settings, setting, value)

    found = asked(name)

    assert found.level == "bad"
    assert found.way_out


def test_a_key_file_that_others_can_open_is_named(stage: Stage, settings, tmp_path):
    wide = tmp_path / "log"
    wide.write_bytes(Path(settings.CUSTOS_INSTALLATION_KEY_FILE).read_bytes())
    wide.chmod(0o644)
    settings.CUSTOS_LOG_KEY_FILE = wide

    assert "chmod 600" in asked("keys").sentence


def test_a_broker_that_is_down_is_named(stage: Stage, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    assert asked("broker").level == "bad"


def test_an_organization_that_nobody_could_enter_is_named(stage: Stage):
    with stage.scope():
        Workspace.objects.filter(pk=stage.workspace.id).update(sso="required")

    found = asked("emergency sign-in")

    assert found.level == "warn"
    assert stage.workspace.organization.slug in found.sentence
    assert "Break-glass" in found.way_out


def test_long_lived_backups_of_the_vault_are_named(stage: Stage, settings):
    settings.CUSTOS_VAULT_BACKUP_DAYS = 14

    found = asked("vault backups")

    assert found.level == "warn"
    assert "over 16 days" in found.sentence
