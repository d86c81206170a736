"""Whoever asked is deactivated, or the export goes, in the middle of its writing.

The worker stands still between the bytes of its second part and their row until the
other one has committed: each test is one interleaving, the same each time.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections

from kit import blobs, clock
from kit.refusals import Refused
from retention.matter_exports import services
from retention.matter_exports.models import MatterExport, Outcome
from retention.matter_exports.services import writing
from tests.cast import NOON, OPERATOR
from tests.retention.conftest import Stage
from tests.retention.matter_exports.test_export import (
    again,
    asked,
    hold_on,
    job_of,
    parts,
)
from tests.retention.sweeps.story import Story
from tests.workspaces.scim import meaning
from tests.workspaces.scim.conftest import prove
from tests.workspaces.scim.provider import Provider
from workspaces.jobs import services as jobs
from workspaces.jobs.models import JobState
from workspaces.keys.services import scim_tokens
from workspaces.scim.models import ScimSettings

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 120


@pytest.fixture(autouse=True)
def still(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def export(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> MatterExport:
    """One of three parts, which the officer asked for."""
    monkeypatch.setattr(writing, "AT_ONCE", 1)
    for _n in range(3):
        stage.conversation(age=3)
    return asked(stage, hold_on(stage, stage.member))


@pytest.fixture
def worker_at_its_second_part(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A worker that waits, for the time of the block, before the row of part two."""
    there, go_on = Event(), Event()
    store = type(blobs.store())
    real: Callable[..., int] = store.put
    calls = itertools.count(1)

    def put(self: Any, blob: Any, pieces: Any) -> int:
        size = real(self, blob, pieces)
        if next(calls) == 2:
            there.set()
            go_on.wait(PATIENCE)
        return size

    def run() -> None:
        try:
            jobs.run_due(clock=lambda: NOON)
        finally:
            connections.close_all()

    @contextmanager
    def stalled() -> Iterator[None]:
        monkeypatch.setattr(store, "put", put)
        worker = Thread(target=run)
        worker.start()
        try:
            assert there.wait(PATIENCE)
            yield
        finally:
            go_on.set()
            worker.join(PATIENCE)
        assert not worker.is_alive()

    return stalled


@pytest.fixture
def officer_at_provider(stage: Stage) -> tuple[Provider, str]:
    """The identity provider, and the id by which it knows the officer."""
    prove(stage.workspace, "halden.example")
    with meaning.scope(stage.workspace):
        ScimSettings.objects.update_or_create(
            workspace_id=stage.workspace.id, defaults={"adopts": True}
        )
    issued = scim_tokens.issue(actor=OPERATOR, workspace=stage.workspace, at=NOON)
    idp = Provider(where=stage.workspace, token=issued.secret or "")
    return idp, str(idp.user(stage.officer.membership.email)["id"])


def test_scim_deactivates_whoever_asked_and_no_part_more_is_written(
    stage: Stage,
    officer_at_provider: tuple[Provider, str],
    export: MatterExport,
    worker_at_its_second_part: Any,
) -> None:
    idp, officer = officer_at_provider
    as_before = stage.officer.actor

    with worker_at_its_second_part():
        off = {"op": "replace", "value": {"active": False}}
        answer = idp.patch(f"/Users/{officer}", off)
        assert answer.status_code in {200, 204}

    export = again(stage, export)
    assert (export.outcome, export.deleted_at) == (Outcome.STOPPED, NOON)
    assert [one.number for one in parts(stage, export)] == [1]
    job = job_of(stage, export)
    assert job.state == JobState.FAILED
    assert "Something went wrong" not in job.message
    acts = [action for action, _target in Story(stage).events]
    stopped = acts.index("retention.matter-export.stopped")
    assert acts.index("workspaces.member.suspended") < stopped
    assert acts.count("retention.matter-export.written") == 1
    with pytest.raises(Refused):
        services.fetch(
            actor=as_before, workspace=stage.workspace, export=export, at=NOON
        )


def test_one_that_is_deleted_and_swept_under_its_worker_leaves_no_row(
    stage: Stage,
    export: MatterExport,
    worker_at_its_second_part: Any,
    entries: Any,
) -> None:
    """The worker finds neither row nor key any more, and says that it was deleted."""
    with worker_at_its_second_part():
        services.delete(
            actor=stage.officer.actor, workspace=stage.workspace, export=export, at=NOON
        )
        stage.sweep(at=NOON + timedelta(days=8))
        with stage.scope():
            assert not MatterExport.objects.exists()

    job = job_of(stage, export)
    assert (job.state, job.message) == (JobState.FAILED, "This export was deleted.")
    with stage.scope():
        assert not MatterExport.objects.exists()
    assert len(entries(stage, "retention.matter-export.purged")) == 1
    for act in ("completed", "stopped", "failed"):
        assert not entries(stage, f"retention.matter-export.{act}")
