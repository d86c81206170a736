"""An export that cannot be written says so, is recorded, and can be asked for again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction

from config.launcher.surroundings import BASE_DIR
from kit import blobs, clock
from retention.holds.models import Hold
from retention.matter_exports import services, tasks
from retention.matter_exports.models import MatterExport, Outcome
from retention.matter_exports.services import closing
from retention.probing import services as probing
from retention.sweeps import services as sweeps
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago
from tests.retention.matter_exports.test_export import (
    again,
    asked,
    hold_on,
    job_of,
    parts,
    unpacked,
)
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job, JobState
from workspaces.jobs.services import leasing

pytestmark = pytest.mark.django_db(transaction=True)
Entries = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def still(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"
    with clock.fixed_at(NOON):
        yield


def too_often(stage: Stage, export: MatterExport) -> None:
    """Each of its workers was killed, and their leases have lapsed."""
    with stage.scope():
        Job.objects.filter(public_id=export.job_id).update(
            state=JobState.RUNNING,
            fence=leasing.MOST_CLAIMS,
            started_at=NOON,
            leased_until=days_ago(1),
        )
    jobs.run_due(clock=lambda: NOON)
    assert job_of(stage, export).state == JobState.FAILED


def _page(stage: Stage, export: MatterExport, *, who: str = "officer") -> str:
    hold = again(stage, export).hold.public_id
    url = f"/w/{stage.workspace.slug}/holds/{hold}/exports/{export.public_id}/"
    page = getattr(stage, who).client().get(url)
    assert page.status_code == 200
    return str(page.content.decode())


def test_one_that_was_started_too_often_could_not_be_written(
    stage: Stage, entries: Entries
) -> None:
    stage.conversation(age=3)
    export = asked(stage, hold_on(stage, stage.member))
    too_often(stage, export)

    tasks.end_abandoned_exports()
    assert services.end_abandoned(at=NOON) == 0

    export = again(stage, export)
    assert (export.outcome, export.ended_at) == (Outcome.FAILED, NOON)
    (leaf,) = entries(stage, "retention.matter-export.failed")
    assert (leaf["target_id"], leaf["outcome"]) == (str(export.public_id), "error")
    page = _page(stage, export)
    assert "Could not be written" in page
    assert "Custos could not write this archive" in page
    assert "Being written" not in page
    assert "hx-get" not in page.partition('id="state"')[2].partition(">")[0]


def test_whoever_asked_asks_again_with_the_same_reason(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, entries: Entries
) -> None:
    monkeypatch.setattr("workspaces.jobs.tasks.ring", lambda: None)
    stage.conversation(age=3)
    hold = hold_on(stage, stage.member)
    export = asked(stage, hold)
    too_often(stage, export)
    services.end_abandoned(at=NOON)
    assert 'name="reason" value="Disclosure"' in _page(stage, export)
    assert 'name="reason"' not in _page(stage, export, who="owner")

    url = f"/w/{stage.workspace.slug}/holds/{hold.public_id}/exports/"
    made = stage.officer.client().post(url, {"reason": "Disclosure"}, follow=True)
    jobs.run_due(clock=lambda: NOON)

    assert made.redirect_chain
    with stage.scope():
        newest = MatterExport.objects.latest("id")
    assert newest.pk != export.pk
    assert newest.outcome == Outcome.DONE
    assert len(entries(stage, "retention.matter-export.requested")) == 2


def test_the_overview_of_whoever_asked_says_so_until_they_ask_again(
    stage: Stage,
) -> None:
    stage.conversation(age=3)
    hold = hold_on(stage, stage.member)
    too_often(stage, asked(stage, hold))
    services.end_abandoned(at=NOON)
    url = f"/w/{stage.workspace.slug}/"
    sentence = "An export of a matter could not be written"

    mine = stage.officer.client().get(url).content.decode()
    of_another = stage.owner.client().get(url).content.decode()
    asked(stage, hold)
    after = stage.officer.client().get(url).content.decode()

    assert sentence in mine
    assert sentence not in of_another
    assert sentence not in after


def test_one_whose_job_was_canceled_before_it_began_is_stopped(
    stage: Stage, entries: Entries
) -> None:
    stage.conversation(age=3)
    export = asked(stage, hold_on(stage, stage.member))
    jobs.cancel(
        actor=stage.officer.actor,
        organization=stage.workspace.organization,
        job=job_of(stage, export).public_id,
        at=NOON,
    )

    services.end_abandoned(at=NOON)

    assert again(stage, export).outcome == Outcome.STOPPED
    assert len(entries(stage, "retention.matter-export.stopped")) == 1


def test_one_that_is_at_work_is_left_alone(stage: Stage) -> None:
    stage.conversation(age=3)
    export = asked(stage, hold_on(stage, stage.member))

    assert services.end_abandoned(at=NOON) == 0
    assert again(stage, export).outcome is None


def test_a_defect_ends_it_as_failed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, entries: Entries
) -> None:
    stage.conversation(age=3)
    export = asked(stage, hold_on(stage, stage.member))

    def full(*_: Any) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(type(blobs.store()), "put", full)
    jobs.run_due(clock=lambda: NOON)

    assert again(stage, export).outcome == Outcome.FAILED
    assert len(entries(stage, "retention.matter-export.failed")) == 1


def test_a_worker_that_wakes_up_late_finishes_nothing_that_was_given_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, entries: Entries
) -> None:
    stage.conversation(age=3)
    export = asked(stage, hold_on(stage, stage.member))
    real = closing._signed

    def late(*given: Any, **named: Any) -> Any:
        closing.give_up(export=export.public_id, workspace=stage.workspace, at=NOON)
        return real(*given, **named)

    monkeypatch.setattr(closing, "_signed", late)
    jobs.run_due(clock=lambda: NOON)

    assert again(stage, export).outcome == Outcome.FAILED
    assert len(entries(stage, "retention.matter-export.failed")) == 1
    assert not entries(stage, "retention.matter-export.completed")
    assert not entries(stage, "retention.matter-export.stopped")


_WORKER = """
import django; django.setup()
import os, time
from datetime import datetime
from kit import blobs, clock
from retention.matter_exports.services import writing
from workspaces.jobs import services as jobs
writing.AT_ONCE = 1
at = datetime.fromisoformat("{at}")
store = type(blobs.store())
real, calls = store.put, iter(range(100))

def put(self, blob, pieces):
    def slow():
        for piece in pieces:
            yield piece
            open("{told}", "w").close()
            time.sleep(600)
    stalls = next(calls) == {stalls_at}
    return real(self, blob, slow() if stalls else pieces)

store.put = put
with clock.fixed_at(at):
    jobs.run_due(clock=lambda: at)
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """Starts a real worker, which stalls in its n-th piece; it is ended with the test.

    A negative number stalls nowhere.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(stalls_at: int) -> subprocess.Popen[bytes]:
        code = _WORKER.format(
            at=NOON.isoformat(), told=tmp_path / "told", stalls_at=stalls_at
        )
        started.append(
            subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", code],
                cwd=BASE_DIR,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "config.settings",
                    "CUSTOS_BLOB_URL": f"file://{tmp_path}/blobs",
                },
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def _until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    for _try in range(1200):
        if happened():
            return
        assert process.poll() is None, "the worker ended by itself"
        time.sleep(0.05)
    raise AssertionError("the worker never came so far")


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def _killed_at_half_a_part(
    stage: Stage,
    export: MatterExport,
    tmp_path: Path,
    start: Callable[[int], subprocess.Popen[bytes]],
) -> None:
    process = start(1)
    _until((tmp_path / "told").exists, process)
    assert len(parts(stage, export)) == 1
    _kill(process)


def _killed_before_the_row_of_a_part(
    stage: Stage,
    export: MatterExport,
    tmp_path: Path,
    start: Callable[[int], subprocess.Popen[bytes]],
) -> None:
    """Its bytes are whole in the store; the row waits for the lock on the hold."""
    with stage.scope(), transaction.atomic():
        Hold.objects.select_for_update(no_key=True).get(pk=export.hold_id)
        process = start(-1)
        _until(_waits_for_a_row, process)
        assert len(list(blobs.store().ids())) == 1
        _kill(process)
    assert parts(stage, export) == []


def _waits_for_a_row() -> bool:
    with connections["owner"].cursor() as cursor:
        cursor.execute("select exists (select from pg_locks where not granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    "killed", [_killed_at_half_a_part, _killed_before_the_row_of_a_part]
)
def test_a_worker_killed_while_it_writes_is_followed_by_one_that_writes_it_whole(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    worker: Callable[[int], subprocess.Popen[bytes]],
    entries: Entries,
    killed: Callable[..., None],
) -> None:
    """SIGKILL to a process of its own: what it held is let go by nobody."""
    rows = {stage.conversation(age=3).public_id for _n in range(3)}
    export = asked(stage, hold_on(stage, stage.member))

    killed(stage, export, tmp_path, worker)
    jobs.run_due(clock=lambda: NOON)
    assert again(stage, export).outcome is None, "the lease of the dead is kept"
    with stage.scope():
        Job.objects.update(leased_until=days_ago(1))
    assert worker(-1).wait(timeout=120) == 0

    export = again(stage, export)
    assert export.outcome == Outcome.DONE
    assert [one.number for one in parts(stage, export)] == [1, 2, 3, 4]
    root = unpacked(stage, export, tmp_path)
    assert {one.stem for one in root.glob("conversations/*.json")} == set(
        map(str, rows)
    )
    assert len(entries(stage, "retention.matter-export.written")) == 3
    assert len(entries(stage, "retention.matter-export.completed")) == 1
    _assert_nothing_is_left_over(stage, export, tmp_path)


def _assert_nothing_is_left_over(
    stage: Stage, export: MatterExport, tmp_path: Path
) -> None:
    """A day later the store holds the parts and nothing else."""
    for one in (tmp_path / "blobs" / "unfinished").glob("*"):
        os.utime(one, (0, 0))
    _look()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update retention_blobsighting set seen_at = seen_at - interval '25 hours'"
        )
    _look()
    sweeps.destroy_doomed(at=NOON + timedelta(days=1))

    named = {one.blob_id for one in parts(stage, export)}
    assert set[UUID](blobs.store().ids()) == named
    assert not list((tmp_path / "blobs" / "unfinished").iterdir())


def _look() -> None:
    for part in range(probing.strays.PARTS):
        probing.doom_strays(part=part, at=NOON)
