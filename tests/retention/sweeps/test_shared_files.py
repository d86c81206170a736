"""A file that several name goes with the last of them, and never under a hold.

No path of the product lets two rows name the same bytes; the engine counts referrers
all the same. A hold is placed behind ever another call of the sweep that would take
all that name the file: whoever is held in the end still has its bytes.
"""

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from kit import blobs
from kit.refusals import Refused
from retention.holds import services as holds
from retention.receipts.models import Receipt
from retention.sweeps import services
from retention.sweeps.models import Doom, Sweep
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.crashes.calls import watched
from tests.retention.sweeps.test_gpts import delete, make
from workspaces.content.models import Conversation, File
from workspaces.projects.models import ProjectFile

ROUNDS = int(os.environ.get("CUSTOS_RACE_ROUNDS", "8"))
_REFERRERS = """
select 'conversation', c.id from workspaces_file f
join workspaces_conversation c on c.id = f.conversation_id where f.blob_id = %(blob)s
union all select 'file', f.id from workspaces_projectfile f where f.blob_id = %(blob)s
union all select 'gpt', f.gpt_id from workspaces_gptfile f where f.blob_id = %(blob)s
"""


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"


def shared(stage: Stage, **project_file: Any) -> tuple[Conversation, UUID]:
    """An expired conversation whose file a project has as well."""
    row = stage.conversation(age=100)
    with stage.scope():
        blob = File.objects.get(conversation_id=row.pk).blob_id
    assert blob
    blobs.store().put(blob, [b"sealed"])
    simple.file(stage, simple.project(stage), blob_id=blob, **project_file)
    return row, blob


def referrers(blob: UUID) -> list[tuple[str, int]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(_REFERRERS, {"blob": blob})
        return list(cursor.fetchall())


def files_in(stage: Stage, sweep: Sweep) -> int:
    """How many destroyed files the receipt of a sweep tells of."""
    with stage.scope():
        document = bytes(Receipt.objects.get(sweep_id=sweep.pk).document)
    return int(json.loads(document)["result"]["files_destroyed"])


def test_a_file_that_a_project_still_has_keeps_no_receipt_waiting(
    stage: Stage,
) -> None:
    stage.set_policy(90)
    _row, blob = shared(stage)

    sweep = stage.sweep()

    assert sweep.state == "closed"
    assert blobs.store().exists(blob)
    assert files_in(stage, sweep) == 0
    assert services.stuck(at=NOON + timedelta(days=2)) == []


def test_it_goes_with_the_last_that_names_it(stage: Stage) -> None:
    stage.set_policy(90)
    _row, blob = shared(stage)
    stage.sweep()
    with stage.scope():
        ProjectFile.objects.update(**simple.gone(8))

    later = NOON + timedelta(hours=2)
    stage.sweep(at=later)

    assert not blobs.store().exists(blob)
    with stage.scope():
        assert Doom.objects.get(kind="blob").destroyed_at == later


@pytest.mark.slow
def test_a_file_is_there_for_whoever_is_held_when_all_that_name_it_are_due(
    stage: Stage,
) -> None:
    stage.set_policy(90)
    calls = _calls_of(stage)
    outcomes = set()

    for number in range(0, calls, max(1, calls // ROUNDS)):
        row, blob = _all_due(stage)
        held = _swept_while(number, lambda row=row: _hold(stage, row), stage)
        named = referrers(blob)
        assert blobs.store().exists(blob) == bool(named), number
        assert named == ([("conversation", row.pk)] if held else []), number
        outcomes.add(bool(named))

    assert outcomes == {True, False}, "some holds came in time, and some too late"


def _all_due(stage: Stage) -> tuple[Conversation, UUID]:
    """A conversation, a project and a GPT name one file; all three must go."""
    row, blob = shared(stage, **simple.gone(8))
    gpt = make(stage)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update workspaces_gptfile set blob_id = %s where gpt_id = %s",
            [blob, gpt.pk],
        )
    delete(stage, gpt, 8)
    return row, blob


def _calls_of(stage: Stage) -> int:
    """How many calls a sweep makes that nobody disturbs."""
    found = 0

    def count(_store: str) -> None:
        nonlocal found
        found += 1

    _all_due(stage)
    sweep = stage.open_sweep()
    with watched(count):
        stage.finish(sweep)
    return found


def _swept_while(number: int, act: Callable[[], Any], stage: Stage) -> bool:
    """Acts beside one call of a sweep; it may have to wait for the sweep's locks."""
    main, left = threading.get_ident(), number
    done: list[bool] = []

    def run() -> None:
        try:
            with suppress(Refused):  # nothing was left to be held
                act()
                done.append(True)
        finally:
            connections.close_all()

    other = threading.Thread(target=run)

    def point(_store: str) -> None:
        nonlocal left
        if threading.get_ident() != main:
            return
        left -= 1
        if left == -1:
            other.start()
            other.join(0.15)

    sweep = stage.open_sweep()
    with watched(point):
        stage.finish(sweep)
    if other.ident is None:  # this sweep needed fewer calls
        other.start()
    other.join()
    return bool(done)


def _hold(stage: Stage, row: Conversation) -> None:
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="a matter",
        conversation_ids=[row.pk],
        at=days_ago(1),
    )
