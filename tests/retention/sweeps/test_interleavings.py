"""Everything that touches content races a sweep; the log's order explains what became.

The oracle is that of `story`.
"""

import random
import time
from threading import Barrier, Lock, Thread
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction

from audit.log import sequencer
from kit.actor import Actor
from kit.refusals import Refused
from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.sweeps import services
from retention.sweeps.models import Doom, Sweep
from retention.sweeps.services import Outcome, leasing, planning, purging
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.sweeps.story import (
    Story,
    assert_explained,
    everything,
    sweep_beside,
)
from workspaces.content.models import Conversation, File
from workspaces.projects.models import Project, ProjectShare, ShareRight

OFTEN = pytest.param(10, marks=pytest.mark.slow)


@pytest.mark.parametrize("rounds", [1, OFTEN])
def test_holds_on_members_and_conversations_stand_after_what_escaped_them(
    stage: Stage, monkeypatch, rounds
):
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    covered: dict[UUID, set[UUID]] = {}
    known: dict[UUID, tuple[int, int]] = {}
    lock = Lock()

    def place(*, whole_members: bool) -> None:
        left = {one: known[one] for one in stage.stored()}
        if not left:
            return
        pk, owner = random.choice(list(left.values()))
        try:
            hold = holds.place(
                actor=Actor.operator(),
                workspace=stage.workspace,
                matter="race",
                membership_ids=[owner] if whole_members else [],
                conversation_ids=[] if whole_members else [pk],
                at=NOON,
            )
        except Refused:
            return
        with lock:
            covered[hold.public_id] = {
                one
                for one, (its_pk, its_owner) in known.items()
                if (its_owner == owner if whole_members else its_pk == pk)
            }
        if whole_members:
            time.sleep(0.2)

    for number in range(rounds):
        for person in (stage.member, stage.other):
            stage.bulk(200, age=100 + number, owner=person)
        known |= everything(stage)
        sweep_beside(
            stage,
            stage.open_sweep(),
            lambda: place(whole_members=False),
            lambda: place(whole_members=random.random() < 0.05),
        )

    assert covered
    assert_explained(stage, covered, set(known))


@pytest.mark.parametrize("rounds", [1, OFTEN])
def test_a_held_conversation_that_its_member_deletes_is_hidden_and_stays(
    stage: Stage, monkeypatch, rounds
):
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    covered: dict[UUID, set[UUID]] = {}
    known: dict[UUID, tuple[int, int]] = {}

    def hold_one() -> None:
        left = list(stage.stored())
        if not left:
            return
        chosen = random.choice(left)
        try:
            hold = holds.place(
                actor=Actor.operator(),
                workspace=stage.workspace,
                matter="race",
                conversation_ids=[known[chosen][0]],
                at=NOON,
            )
        except Refused:
            return
        covered[hold.public_id] = {chosen}

    def delete_one() -> None:
        with stage.scope():
            row = Conversation.objects.filter(deleted_at=None).order_by("?").first()
        if row is None:
            return
        try:
            deletions.mark_deleted(
                actor=stage.member.actor,
                workspace=stage.workspace,
                conversations=[row],
                at=days_ago(8),
            )
        except Refused:
            return

    for _round in range(rounds):
        stage.bulk(300, age=100)
        known |= everything(stage)
        sweep_beside(stage, stage.open_sweep(), hold_one, delete_one)

    assert covered
    assert_explained(stage, covered, set(known))


@pytest.mark.parametrize("rounds", [1, OFTEN])
def test_a_file_that_is_attached_meanwhile_never_outlives_its_row(
    stage: Stage, monkeypatch, rounds
):
    """Either it comes too late, or its row stays, or its bytes are doomed with it."""
    monkeypatch.setattr(planning, "WINDOW", 4)
    stage.set_policy(90)
    attached: set[UUID] = set()

    def attach() -> None:
        with stage.scope():
            rows = list(Conversation.objects.values_list("pk", flat=True)[:20])
        if not rows:
            return
        try:
            with stage.scope(), transaction.atomic():
                blob = a_file(stage, random.choice(rows))
        except (IntegrityError, OperationalError):
            return
        attached.add(blob)

    for _round in range(rounds):
        stage.bulk(300, age=100)
        sweep_beside(stage, stage.open_sweep(), attach, attach)

    with stage.scope():
        there = set(File.objects.values_list("blob_id", flat=True))
        doomed = set(
            Doom.objects.filter(kind="blob").values_list("object_id", flat=True)
        )
    assert attached
    assert attached == there | (doomed & attached)


def a_file(stage: Stage, conversation: int) -> UUID:
    """Attaches one to a conversation; its blob."""
    blob = uuid4()
    File.objects.create(
        workspace_id=stage.workspace.id,
        conversation_id=conversation,
        byte_count=1,
        blob_id=blob,
        sealed=b"\x00",
    )
    return blob


def a_share(stage: Stage, project: int) -> int:
    """Shares a project with a colleague; the share's id."""
    return ProjectShare.objects.create(
        workspace_id=stage.workspace.id,
        project_id=project,
        membership_id=stage.other.membership.pk,
        right=ShareRight.values[0],
        shared_at=NOON,
    ).pk


@pytest.mark.parametrize(
    ("made", "hang"),
    [
        (lambda stage: stage.conversation(age=100), a_file),
        (lambda stage: simple.project(stage, **simple.gone(8)), a_share),
    ],
    ids=["a file to a conversation", "a share to a project"],
)
def test_nothing_can_be_attached_between_picking_and_deleting(
    stage: Stage, monkeypatch, made, hang
):
    stage.set_policy(90)
    row = made(stage)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)
    refused: list[BaseException] = []
    real = purging.rows

    def attach() -> None:
        try:
            with stage.scope():
                with connections["default"].cursor() as cursor:
                    cursor.execute("set local lock_timeout = '100ms'")
                hang(stage, row.pk)
        except OperationalError as failure:
            refused.append(failure)
        finally:
            connections.close_all()

    def rows(sql, **parameters):
        if "gone as" in sql:
            thread = Thread(target=attach)
            thread.start()
            thread.join()
        return real(sql, **parameters)

    monkeypatch.setattr(purging, "rows", rows)
    stage.finish(sweep)

    assert len(refused) == 1
    with stage.scope():
        assert not type(row).objects.filter(pk=row.pk).exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            hang(stage, row.pk)


def test_a_project_that_is_shared_meanwhile_goes_with_its_share(
    stage: Stage, monkeypatch
):
    """A share that is opened beside the purge is gone with the project, or too late."""
    monkeypatch.setattr(planning, "WINDOW", 2)
    projects = [simple.project(stage, **simple.gone(8)) for _number in range(40)]
    names = {project.pk: project.public_id for project in projects}
    shared: dict[int, int] = {}

    def share() -> None:
        time.sleep(0.01)
        unshared = [pk for pk in names if pk not in shared]
        if not unshared:
            return
        chosen = random.choice(unshared)
        try:
            with stage.scope(), transaction.atomic():
                shared[chosen] = a_share(stage, chosen)
        except (IntegrityError, OperationalError):
            return

    sweep_beside(stage, stage.open_sweep(), share)

    story = Story(stage)
    assert shared, "some were shared before their purge"
    for public_id in names.values():
        assert len(story.at("retention.project.purged", public_id)) == 1
    with stage.scope():
        assert not Project.objects.filter(pk__in=names).exists()
        assert not ProjectShare.objects.exists()


def test_of_many_workers_one_gets_the_lease(stage: Stage):
    stage.set_policy(90)
    sweep = stage.open_sweep()
    fences: list[int] = []
    rounds, workers = 30, 3
    gate = Barrier(workers)

    def claim() -> None:
        try:
            for _round in range(rounds):
                gate.wait()
                lease = leasing.claim(run_id=sweep.run_id, worker="one of them")
                gate.wait()
                if lease is not None:
                    fences.append(lease.fence)
                    leasing.let_go(lease)
        finally:
            connections.close_all()

    threads = [Thread(target=claim) for _worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert fences == list(range(1, rounds + 1))


def test_a_message_that_is_delivered_twice_purges_once(stage: Stage, monkeypatch):
    monkeypatch.setattr(planning, "WINDOW", 10)
    stage.set_policy(90)
    stage.bulk(200, age=100)
    known = set(everything(stage))
    sweep = stage.open_sweep()

    def deliver_again() -> None:
        services.work(run_id=sweep.run_id, budget_seconds=1, now=lambda: NOON)
        services.destroy_doomed(at=NOON)

    sweep_beside(stage, sweep, deliver_again, deliver_again)
    again = services.work(run_id=sweep.run_id, budget_seconds=1, now=lambda: NOON)

    assert again is Outcome.CLOSED
    assert_explained(stage, {}, known)
    with stage.scope():
        assert Sweep.objects.get(pk=sweep.pk).purged_n == 200


def test_a_clock_that_steps_back_purges_nothing_that_is_not_due_then(stage: Stage):
    stage.set_policy(90)
    young = stage.conversation(age=91)
    old = stage.conversation(age=150)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)

    sweep = stage.finish(sweep, at=days_ago(30))

    assert stage.stored() == {young.public_id}
    assert (sweep.planned_n, sweep.purged_n, sweep.skipped_n) == (2, 1, 1)
    assert old.public_id in Story(stage).purged()


def test_a_clock_that_steps_forward_purges_nothing_that_was_not_planned(stage: Stage):
    stage.set_policy(90)
    stage.conversation(age=91)
    young = stage.conversation(age=60)
    sweep = stage.open_sweep()
    services.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)

    sweep = stage.finish(sweep, at=days_ago(-365))

    assert stage.stored() == {young.public_id}
    assert (sweep.planned_n, sweep.purged_n) == (1, 1)
