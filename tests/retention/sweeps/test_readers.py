"""Who opens a file while a sweep purges it gets all of it, or is told it is not there.

What is due is hidden from its readers before any sweep takes it. To let the purge meet
somebody who reads, their clock stands before the end of the file's time: as that of a
request does which began then, and is slow.
"""

import random
from collections import Counter
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from audit.log import sequencer
from kit import blobs, clock
from kit.sealed_streams import seal_stream
from retention.sweeps import services
from retention.sweeps.services import planning, purging
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.sweeps.story import sweep_beside
from tests.workspaces.gpts import studio
from workspaces.gpts.models import GptFile
from workspaces.gpts.selectors.files import seals_of_files
from workspaces.projects.models import Project, ProjectFile
from workspaces.projects.storage import seals_of

CONTENT = b"Salary bands of the harbor team" * 100
AGE, BEHIND = 40, days_ago(15)


@dataclass(frozen=True)
class Read:
    """A stored file, and where and as whom it is opened."""

    row: ProjectFile | GptFile
    url: str
    browser: Client

    def is_stored(self, stage: Stage) -> bool:
        with stage.scope():
            return type(self.row).objects.filter(pk=self.row.pk).exists()

    def open(self) -> Any:
        return self.browser.get(self.url)


@pytest.fixture(autouse=True)
def a_reader_whose_clock_is_behind(settings: Any, tmp_path: Any) -> Any:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"
    with clock.fixed_at(BEHIND):
        yield


def _of_project(stage: Stage, project: Project, browser: Client) -> Read:
    row = simple.file(stage, project, created_at=days_ago(AGE))
    table, where = "workspaces_projectfile", stage.workspace.public_id
    seal = seals_of([row], table=table, workspace=where)[row.pk]
    blobs.store().put(
        row.blob_id, seal_stream([CONTENT], key=seal.key, aad=seal.blob())
    )
    return Read(
        row, f"/me/projects/{project.public_id}/files/{row.public_id}/", browser
    )


def shared(stage: Stage, *, number: int = 1) -> list[Read]:
    """Files of a project that its owner shares with the colleague who opens them."""
    stage.set_policy(30, content_kind="project_files")
    project = simple.project(stage)
    simple.share(stage, project, stage.other)
    browser = stage.other.client()
    return [_of_project(stage, project, browser) for _file in range(number)]


def of_gpt(stage: Stage) -> list[Read]:
    """A file of a GPT, which its maker opens."""
    stage.set_policy(30, content_kind="gpt_files")
    gpt = studio.make(stage.member)
    row = simple.gpt_file(stage, gpt, created_at=days_ago(AGE))
    with stage.scope():
        seal = seals_of_files([row], {gpt.pk: gpt})[row.pk]
    place = seal.blob(row.public_id)
    blobs.store().put(row.blob_id, seal_stream([CONTENT], key=seal.key, aad=place))
    url = f"/w/{stage.workspace.slug}/gpts/{gpt.public_id}/files/{row.public_id}/"
    return [Read(row, url, stage.member.client())]


def aside(work: Any) -> None:
    """Does it to its end, on connections of its own."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 -- shown by the test
            failures.append(failure)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert not failures


def test_a_colleague_who_opens_shared_files_during_their_purge_gets_them_or_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "WINDOW", 2)
    files = shared(stage, number=16)
    answers: Counter[int] = Counter()

    def open_one() -> None:
        one = random.choice(files)
        was_stored = one.is_stored(stage)
        answer = one.open()
        answers[answer.status_code] += 1
        if answer.status_code == 200:
            assert was_stored, "content was shown after its purge was committed"
            assert answer.content == CONTENT

    def destroy() -> None:
        services.destroy_doomed(at=NOON)

    sweep_beside(stage, stage.open_sweep(), open_one, destroy)

    assert not any(one.is_stored(stage) for one in files)
    assert set(answers) == {200, 404}, "some came in time, some too late, none failed"
    assert {one.open().status_code for one in files} == {404}


def test_a_file_can_be_opened_until_its_purge_is_committed_and_not_behind_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = shared(stage)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    answers: list[Any] = []
    real = purging.rows

    def rows(sql: str, **parameters: Any) -> Any:
        if "gone as" not in sql:
            return real(sql, **parameters)
        aside(lambda: answers.append(file.open()))
        found = real(sql, **parameters)
        aside(lambda: answers.append(file.open()))
        return found

    monkeypatch.setattr(purging, "rows", rows)
    stage.finish(sweep)

    assert [one.content for one in answers] == [CONTENT, CONTENT]
    assert file.open().status_code == 404


@pytest.mark.parametrize("made", [shared, of_gpt], ids=["of a project", "of a GPT"])
def test_bytes_that_are_lost_under_a_stored_file_are_no_answer_but_an_error(
    stage: Stage, made: Any
) -> None:
    """Somebody has to hear of it: only a purge may say that nothing is there."""
    (file,) = made(stage)
    blobs.store().delete(file.row.blob_id)

    with pytest.raises(blobs.BlobMissing):
        file.open()


@pytest.mark.parametrize(
    ("made", "opens"),
    [
        (shared, "workspaces.projects.selectors.seals_of"),
        (of_gpt, "workspaces.gpts.selectors.files.seals_of_files"),
    ],
    ids=["of a project", "of a GPT"],
)
def test_a_file_whose_bytes_go_while_it_is_opened_is_not_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, made: Any, opens: str
) -> None:
    """The reader has the row and the key; then the purge, and the end of its bytes."""
    (file,) = made(stage)
    real = {"seals_of": seals_of, "seals_of_files": seals_of_files}[
        opens.rpartition(".")[2]
    ]

    def purge() -> None:
        stage.sweep()
        while services.destroy_doomed(at=NOON):
            pass

    def opened(*rows: Any, **names: Any) -> Any:
        found = real(*rows, **names)
        aside(purge)
        return found

    assert file.open().content == CONTENT
    with monkeypatch.context() as patched:
        patched.setattr(opens, opened)
        answer = file.open()

    assert not blobs.store().exists(file.row.blob_id)
    assert answer.status_code == 404
