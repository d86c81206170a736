"""A sweep purges memories, projects and files as it purges conversations."""

import time
from threading import Event, Thread

import pytest
from django.db import IntegrityError, connections

from audit.log import sequencer, tree
from kit import vault
from retention.conversations.selectors import workspaces_with_something_due
from retention.holds import services as holds
from retention.receipts import documents
from retention.receipts import selectors as receipts
from retention.sweeps import selectors, services
from retention.sweeps.models import Doom, Sweep, SweepCount, SweepSlice
from retention.sweeps.services import Outcome, orphans, planning
from tests.cast import NOON, Person
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.sweeps.test_crashes import expire_lease, worker
from workspaces.content.models import Conversation
from workspaces.projects.models import Memory, Project, ProjectFile, ProjectShare


def hold(stage: Stage, person: Person, at=None):
    return holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        membership_ids=[person.membership.pk],
        at=at or days_ago(1),
    )


def ids(stage: Stage, model) -> set:
    with stage.scope():
        return set(model.objects.values_list("public_id", flat=True))


def count_of(stage: Stage, sweep: Sweep, kind: str) -> SweepCount:
    with stage.scope():
        return SweepCount.objects.get(sweep=sweep, kind=kind)


def test_deleted_ones_go_after_the_undo_window_and_others_stay(stage: Stage, entries):
    gone = simple.memory(stage, **simple.gone(7))
    kept = [simple.memory(stage), simple.memory(stage, **simple.gone(6))]

    sweep = stage.sweep()

    assert ids(stage, Memory) == {row.public_id for row in kept}
    assert vault.read_keys([gone.key_id]) == {}
    found = count_of(stage, sweep, "memories")
    assert (found.planned_n, found.purged_n, found.held_n, found.bytes_n) == (
        *(1, 1, 0),
        100,
    )
    assert (sweep.planned_n, sweep.purged_n) == (0, 0)
    (entry,) = entries(stage, "retention.memory.purged")
    assert (entry["target_kind"], entry["target_id"]) == (
        "memory",
        str(gone.public_id),
    )


def test_no_policy_expires_them(stage: Stage):
    stage.set_policy(1)
    kept = simple.memory(stage)

    stage.sweep()

    assert ids(stage, Memory) == {kept.public_id}


def test_a_project_takes_its_files_along_with_their_keys_and_bytes(stage: Stage):
    project = simple.project(stage, **simple.gone(8))
    file = simple.file(stage, project, stage.other)
    simple.share(stage, project, stage.other)
    chat = stage.conversation(age=1, project_id=project.pk)

    stage.sweep()

    assert not ids(stage, Project)
    assert not ids(stage, ProjectFile)
    assert not ids(stage, ProjectShare)
    with stage.scope():
        assert Conversation.objects.get(pk=chat.pk).project_id is None
        dooms = {(d.kind, d.object_id) for d in Doom.objects.all()}
    assert dooms == {
        ("key", project.key_id),
        ("key", file.key_id),
        ("blob", file.blob_id),
    }
    assert vault.read_keys([project.key_id, file.key_id]) == {}


def test_a_file_goes_alone_with_its_bytes(stage: Stage, entries):
    project = simple.project(stage)
    file = simple.file(stage, project, **simple.gone(8))

    stage.sweep()

    assert ids(stage, Project) == {project.public_id}
    assert not ids(stage, ProjectFile)
    with stage.scope():
        assert Doom.objects.get(kind="blob").object_id == file.blob_id
    assert len(entries(stage, "retention.project-file.purged")) == 1


def test_tombstones_name_the_kind_and_the_object(stage: Stage):
    memory = simple.memory(stage, **simple.gone(8))

    stage.sweep()

    with stage.scope():
        doom = Doom.objects.get(content_id=memory.public_id)
    assert (doom.content_kind, doom.object_id, doom.sort_id) == (
        *("memories", memory.key_id),
        memory.pk,
    )
    assert doom.destroyed_at is not None


def test_a_hold_on_the_member_keeps_all_their_kinds(stage: Stage):
    memory = simple.memory(stage, **simple.gone(8))
    project = simple.project(stage, **simple.gone(8))
    hold(stage, stage.member)

    sweep = stage.sweep()

    assert ids(stage, Memory) == {memory.public_id}
    assert ids(stage, Project) == {project.public_id}
    assert count_of(stage, sweep, "memories").held_n == 1
    assert count_of(stage, sweep, "memories").purged_n == 0


def test_a_hold_on_who_put_a_file_there_keeps_the_whole_project(stage: Stage):
    project = simple.project(stage, **simple.gone(8))
    file = simple.file(stage, project, stage.other)
    hold(stage, stage.other)

    stage.sweep()

    assert ids(stage, Project) == {project.public_id}
    assert ids(stage, ProjectFile) == {file.public_id}


@pytest.mark.parametrize("by", ["owner", "sweeper"])
def test_the_database_refuses_to_delete_what_is_held(stage: Stage, by):
    memory, project = simple.memory(stage), simple.project(stage)
    simple.file(stage, project, stage.other)
    hold(stage, stage.member)
    with connections[by].cursor() as cursor:
        with pytest.raises(IntegrityError, match="legal hold"):
            cursor.execute("delete from workspaces_memory where id = %s", [memory.pk])
        with pytest.raises(IntegrityError, match="legal hold"):
            cursor.execute("delete from workspaces_project where id = %s", [project.pk])


def test_the_database_refuses_a_cascade_over_a_held_file(stage: Stage):
    project = simple.project(stage)
    simple.file(stage, project, stage.other)
    hold(stage, stage.other)

    with (
        connections["sweeper"].cursor() as cursor,
        pytest.raises(IntegrityError, match="legal hold"),
    ):
        cursor.execute("delete from workspaces_project where id = %s", [project.pk])


def test_a_hold_placed_between_plan_and_batch_wins(stage: Stage):
    memory = simple.memory(stage, **simple.gone(8))
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)

    hold(stage, stage.member, at=NOON)
    sweep = stage.finish(sweep)

    assert ids(stage, Memory) == {memory.public_id}
    found = count_of(stage, sweep, "memories")
    assert (found.planned_n, found.purged_n, found.held_n) == (1, 0, 1)


def test_what_is_restored_or_not_in_the_plan_stays(stage: Stage):
    restored = simple.memory(stage, **simple.gone(8))
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    late = simple.memory(stage, **simple.gone(8))
    with stage.scope():
        Memory.objects.filter(pk=restored.pk).update(deleted_at=None, deleted_by=None)

    sweep = stage.finish(sweep)

    assert ids(stage, Memory) == {restored.public_id, late.public_id}
    assert count_of(stage, sweep, "memories").skipped_n == 1


def test_plan_and_receipt_cover_every_kind_and_verify(
    stage: Stage, entries, monkeypatch
):
    monkeypatch.setattr(planning, "WINDOW", 2)
    stage.set_policy(90)
    for _row in range(3):
        stage.conversation(age=100)
        simple.memory(stage, **simple.gone(8))
    simple.project(stage, **simple.gone(8))

    sweep = stage.sweep()

    (planned,) = entries(stage, "retention.sweep.planned")
    assert planned["counts"] == {
        "conversations": 3,
        "held": 0,
        "slices": 5,
        "memories": 3,
        "memories_held": 0,
        "projects": 1,
        "projects_held": 0,
    }
    with stage.scope():
        slices = list(SweepSlice.objects.order_by("window_no"))
        signed = receipts.signed(receipts.receipt_of(sweep_id=sweep.pk))
    leaves = [tree.leaf_hash(bytes(one.digest)) for one in slices]
    whole = tree.CompactRange()
    for leaf in leaves:
        whole.append(leaf)
    assert [one.kind for one in slices] == [
        *("conversations", "conversations", "memories", "memories", "projects")
    ]
    assert whole.root.hex() == planned["digests"]["plan_root"]
    content = documents.verified(signed.file, vkey=signed.verifier_key)
    assert content["plan"]["others"] == {"memories": 3, "projects": 1}
    assert content["result"]["others"]["memories"]["purged"] == 3
    assert content["result"]["purged"] == 3
    assert content["result"]["keys_destroyed"] == 7


def test_a_workspace_with_only_a_deleted_memory_has_something_due(stage: Stage):
    simple.memory(stage, **simple.gone(8))
    asked = {"workspace_ids": [stage.workspace.id], "at": NOON, "using": "sweeper"}

    assert workspaces_with_something_due(**asked) == [stage.workspace.id]

    hold(stage, stage.member)
    assert workspaces_with_something_due(**asked) == []


def test_keys_of_stored_kinds_are_neither_orphans_nor_destroyed(stage: Stage):
    memory = simple.memory(stage)
    file = simple.file(stage, simple.project(stage))
    with connections["owner"].cursor() as cursor:
        for key in (memory.key_id, file.key_id):
            cursor.execute(
                "insert into retention_doom (kind, object_id, doomed_at)"
                " values ('key', %s, now())",
                [key],
            )

    services.destroy_doomed(at=NOON)

    assert len(vault.read_keys([memory.key_id, file.key_id])) == 2
    assert orphans.rows(
        orphans._WITH_CONTENT.format(content=orphans.kinds.refers_to("k")),
        keys=[memory.key_id, file.key_id],
    ) == [(memory.key_id,), (file.key_id,)]


def test_an_old_key_is_refused(stage: Stage):
    with pytest.raises(Exception, match="older than one hour"):
        simple.memory(stage, key_made_at=days_ago(1))


def test_progress_shows_other_kinds_while_the_sweep_runs(stage: Stage):
    simple.memory(stage, **simple.gone(8))
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)

    with stage.scope():
        (before,) = selectors.others(sweep=sweep)
    sweep = stage.finish(sweep)
    with stage.scope():
        (after,) = selectors.others(sweep=sweep)
        progress = selectors.sweep_progress(sweep=sweep)

    assert (before.planned_n, before.purged_n) == (1, 0)
    assert (after.planned_n, after.purged_n) == (1, 1)
    assert (progress.planned, progress.purged, progress.keys) == (0, 0, 1)


def test_a_killed_worker_changes_nothing_of_the_outcome(stage: Stage, entries):
    n = 40
    _bulk(stage, n)
    sweep = stage.open_sweep()
    process = worker(sweep.run_id, window=2)
    before = len(ids(stage, Memory))
    while process.poll() is None and len(ids(stage, Memory)) == before:
        time.sleep(0.005)
    process.kill()
    process.wait()
    expire_lease(sweep.run_id)

    sweep = stage.finish(sweep)

    assert not ids(stage, Memory)
    targets = [e["target_id"] for e in entries(stage, "retention.memory.purged")]
    assert len(targets) == len(set(targets)) == n
    assert count_of(stage, sweep, "memories").purged_n == n
    with stage.scope():
        assert Doom.objects.filter(kind="key", destroyed_at=None).count() == 0


def test_no_memory_goes_after_its_members_hold_was_placed(stage: Stage, monkeypatch):
    monkeypatch.setattr(planning, "WINDOW", 2)
    _bulk(stage, 200)
    sweep = stage.open_sweep()
    over, left, failures = Event(), [], []

    def place() -> None:
        try:
            while not over.is_set() and not left:
                if len(ids(stage, Memory)) <= 150:
                    hold(stage, stage.member, at=NOON)
                    left.append(len(ids(stage, Memory)))
        except BaseException as failure:  # noqa: BLE001 -- shown by the test
            failures.append(failure)
        finally:
            connections.close_all()

    thread = Thread(target=place)
    thread.start()
    for _round in range(200):
        outcome = services.work(
            run_id=sweep.run_id, budget_seconds=30, now=lambda: NOON
        )
        if outcome is Outcome.CLOSED:
            break
        sequencer.run(at=NOON)
    over.set()
    thread.join()

    assert not failures
    assert left, "the hold was placed while the sweep ran"
    assert len(ids(stage, Memory)) == left[0]
    found = count_of(stage, sweep, "memories")
    assert found.purged_n + found.held_n == 200


def _bulk(stage: Stage, n: int) -> None:
    """Deleted memories without real keys."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "insert into workspaces_memory (workspace_id, public_id, owner_id,"
            " plan_written, key_id, key_made_at, sealed, byte_count, created_at,"
            " deleted_at, deleted_by)"
            " select %s, gen_random_uuid(), %s, %s, gen_random_uuid(), now(),"
            " '\\x00', 1, %s, %s, 'owner' from generate_series(1, %s)",
            [
                stage.workspace.id,
                stage.member.membership.pk,
                stage.workspace.plan,
                days_ago(20),
                days_ago(10),
                n,
            ],
        )


@pytest.mark.parametrize(
    ("columns", "values", "name"),
    [
        ("kind", "'conversations'", "sweepcount_is_not_of_conversations"),
        ("purged_n", "planned_n + 1", "sweepcount_purges_no_more_than_planned"),
        ("kind", "'projects'", "sweepcount_kind_once"),
    ],
)
def test_the_database_refuses_wrong_counts(stage: Stage, columns, values, name):
    simple.memory(stage, **simple.gone(8))
    simple.project(stage, **simple.gone(8))
    stage.sweep()

    with (
        connections["owner"].cursor() as cursor,
        pytest.raises(IntegrityError, match=name),
    ):
        cursor.execute(
            f"update retention_sweepcount set {columns} = {values}"
            " where kind = 'memories'"
        )


def test_a_doom_names_kind_and_object_or_neither(stage: Stage):
    with (
        connections["owner"].cursor() as cursor,
        pytest.raises(IntegrityError, match="doom_content_kind_and_id"),
    ):
        cursor.execute(
            "insert into retention_doom (kind, object_id, content_kind, doomed_at)"
            " values ('key', gen_random_uuid(), 'memories', now())"
        )
