"""No file dies while anything names it; none outlives its last referrer for long."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from audit.exports.models import AuditExport
from kit import blobs
from kit.blobs import LocalFolder
from retention.canaries.models import Canary
from retention.matter_exports.models import MatterExportPart
from retention.probing import services
from retention.sweeps import kinds
from retention.sweeps import services as sweeps
from retention.sweeps.services import destroying
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from tests.retention.sweeps import test_gpts
from workspaces.content.models import File
from workspaces.gpts.models import GptFile
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.projects.models import ProjectFile

STEPS = 40


class Unsteady(LocalFolder):
    """A store that refuses or, worse, forgets to tell that it deleted."""

    chance = random.Random(0)

    def delete(self, blob: UUID) -> None:
        """Fails now and then, before or after the bytes are gone."""
        if self.chance.random() < 0.3:
            raise OSError("the store is away")
        super().delete(blob)
        if self.chance.random() < 0.2:
            raise OSError("the answer was lost")


def in_conversation(stage: Stage, blob: UUID) -> None:
    row = stage.conversation(age=1)
    _point(
        f"update workspaces_file set blob_id = %s where conversation_id = {row.pk}",
        blob,
    )


def in_project(stage: Stage, blob: UUID) -> None:
    simple.file(stage, simple.project(stage), stage.member, blob_id=blob)


def in_gpt(stage: Stage, blob: UUID) -> None:
    gpt = test_gpts.make(stage)
    _point(f"update workspaces_gptfile set blob_id = %s where gpt_id = {gpt.pk}", blob)


def in_job(stage: Stage, blob: UUID) -> None:
    job = jobs.enqueue(
        actor=stage.owner.actor,
        kind="count",
        title="Count",
        organization=stage.workspace.organization,
        workspace=stage.workspace,
        at=NOON,
    )
    _point(
        "update workspaces_job set state = 'done', ended_at = created_at,"
        f" result_blob_id = %s where id = {job.pk}",
        blob,
    )


REFERRERS: dict[str, Callable[[Stage, UUID], None]] = {
    "workspaces_file": in_conversation,
    "workspaces_projectfile": in_project,
    "workspaces_gptfile": in_gpt,
    "workspaces_job": in_job,
}


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> Unsteady:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/of-gpts"
    found = Unsteady(tmp_path / "blobs")
    monkeypatch.setattr(blobs, "store", lambda: found)
    return found


def test_the_test_knows_every_referrer() -> None:
    tables = {table for table, _column in kinds.blob_columns()}

    # A canary, an export of the log and a part of a matter's export are made with their
    # blobs and never change them.
    made_once = {one._meta.db_table for one in (Canary, AuditExport, MatterExportPart)}
    assert set(REFERRERS) == tables - made_once


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_file_lives_as_long_as_anything_names_it(
    stage: Stage, store: Unsteady, seed: int
) -> None:
    chance = random.Random(seed)
    store.chance = random.Random(seed)
    named: dict[UUID, str] = {}
    every: list[UUID] = []

    for _step in range(STEPS):
        act = chance.choice(["put", "name", "name", "let go", "doom", "time", "work"])
        if act == "put" or not every:
            every.append(uuid4())
            store.put(every[-1], [b"sealed"])
        elif act == "name" and (free := [b for b in every if store.exists(b)]):
            blob = chance.choice(free)
            if blob not in named and not _doomed(blob):
                named[blob] = chance.choice(sorted(REFERRERS))
                REFERRERS[named[blob]](stage, blob)
        elif act == "let go" and named:
            blob = chance.choice(sorted(named))
            _forget(named.pop(blob), blob)
        elif act == "doom":
            # Even one that something names: whoever dooms it may be wrong.
            sweeps.doom_blobs([chance.choice(every)], at=NOON)
        elif act == "time":
            _look()
            _age()
        else:
            sweeps.destroy_doomed(at=NOON)
        assert all(store.exists(blob) for blob in named)

    for _round in range(15):
        _look()
        _age()
        sweeps.destroy_doomed(at=NOON)
    assert set(store.ids()) & set(every) == set(named)


def test_a_store_that_fails_half_way_is_asked_until_it_confirms(
    stage: Stage, store: Unsteady, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [uuid4() for _n in range(8)]
    for blob in left:
        store.put(blob, [b"sealed"])
    sweeps.doom_blobs(left, at=NOON)
    asked: list[UUID] = []

    def half(blob: UUID) -> None:
        asked.append(blob)
        if len(asked) in {3, 5, 9}:
            raise OSError("the store is away")
        LocalFolder.delete(store, blob)

    monkeypatch.setattr(store, "delete", half)
    assert destroying.destroy_doomed(at=NOON) == 6
    assert len(set(store.ids())) == 2

    # What failed waits until its claim lapses, then it is tried again.
    assert destroying.destroy_doomed(at=NOON) == 0
    for _round in range(3):
        _age()
        destroying.destroy_doomed(at=NOON)

    assert set(store.ids()) == set()
    assert len(asked) == 11


def _look() -> None:
    for part in range(256):
        services.doom_strays(part=part, at=NOON)


def _age() -> None:
    """A day passes: sightings grow old, and claims of those who failed lapse."""
    _run("update retention_blobsighting set seen_at = seen_at - interval '25 hours'")
    _run("update retention_doom set claimed_at = claimed_at - interval '1 hour'")


def _doomed(blob: UUID) -> bool:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select exists (select from retention_doom where object_id = %s"
            " and destroyed_at is null)",
            [blob],
        )
        return bool(cursor.fetchone()[0])


def _forget(table: str, blob: UUID) -> None:
    column = dict(kinds.blob_columns())[table]
    if table == Job._meta.db_table:
        _point(f"update {table} set {column} = null where {column} = %s", blob)
        return
    assert table in {model._meta.db_table for model in (File, ProjectFile, GptFile)}
    _point(f"delete from {table} where {column} = %s", blob)


def _point(sql: str, blob: UUID) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, [blob])


def _run(sql: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql)
