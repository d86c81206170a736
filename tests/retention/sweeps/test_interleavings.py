"""Everything that touches content races a sweep; the log's order explains what became.

The oracle is the audit log: whoever decides about holds and whoever purges takes the
same lock before the first write, so the order of their transactions there is the order
in which they had their turn. No purge of a row may stand after a hold on it, and each
row is accounted for once: stored, or purged with one entry and one doomed key.
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
from retention.sweeps.models import Doom, Sweep, SweepSlice
from retention.sweeps.services import Outcome, leasing, planning, purging
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.sweeps.test_races import sweep_beside
from workspaces.content.models import Conversation, File
from workspaces.projects.models import ProjectShare, ShareRight

OFTEN = pytest.param(10, marks=pytest.mark.slow)
_LOG = """
select convert_from(leaf, 'UTF8')::json->>'action',
       (convert_from(leaf, 'UTF8')::json->>'target_id')::uuid
from audit_entry e where organization_id = %s order by e.epoch, e.xid, e.id
"""


class Story:
    """What the log says happened, in the order of its transactions."""

    def __init__(self, stage: Stage) -> None:
        with connections["sweeper"].cursor() as cursor:
            cursor.execute(_LOG, [stage.workspace.organization.id])
            self.events = list(cursor.fetchall())

    def at(self, action: str, target: UUID) -> list[int]:
        return [n for n, event in enumerate(self.events) if event == (action, target)]

    def purged(self) -> dict[UUID, int]:
        found = [
            (target, n)
            for n, (action, target) in enumerate(self.events)
            if action == "retention.conversation.purged"
        ]
        assert len(found) == len(dict(found)), "nothing is purged twice"
        return dict(found)


def assert_explained(
    stage: Stage, covered: dict[UUID, set[UUID]], everything: set[UUID]
) -> None:
    """`covered`: what each hold named; `everything`: all that was ever stored."""
    story = Story(stage)
    purged = story.purged()
    stored = stage.stored()
    assert stored.isdisjoint(purged)
    assert stored | set(purged) == everything
    for hold, targets in covered.items():
        (placed,) = story.at("retention.hold.placed", hold)
        late = [one for one in targets if purged.get(one, -1) > placed]
        assert not late, "a purge stands after the hold that it had to obey"
        assert targets - stored == {one for one in targets if one in purged}
    with stage.scope():
        dooms = list(Doom.objects.filter(kind="key", slice__isnull=False))
        assert sorted(str(doom.content_id) for doom in dooms) == sorted(
            map(str, purged)
        )
        for piece in SweepSlice.objects.all():
            assert piece.n == piece.purged + piece.held + piece.skipped + piece.failed


def everything(stage: Stage) -> dict[UUID, tuple[int, int]]:
    with stage.scope():
        return {
            public_id: (pk, owner)
            for public_id, pk, owner in Conversation.objects.values_list(
                "public_id", "pk", "owner_id"
            )
        }


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
        blob = uuid4()
        try:
            with stage.scope(), transaction.atomic():
                File.objects.create(
                    workspace_id=stage.workspace.id,
                    conversation_id=random.choice(rows),
                    byte_count=1,
                    blob_id=blob,
                    sealed=b"\x00",
                )
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


def test_nothing_can_be_attached_between_picking_and_deleting(
    stage: Stage, monkeypatch
):
    stage.set_policy(90)
    row = stage.conversation(age=100)
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
                File.objects.create(
                    workspace_id=stage.workspace.id,
                    conversation_id=row.pk,
                    byte_count=1,
                    blob_id=uuid4(),
                    sealed=b"\x00",
                )
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
    assert stage.stored() == set()


def test_a_project_that_is_shared_meanwhile_goes_with_its_share(stage: Stage):
    """A share that is opened beside the purge is gone with the project, or too late."""
    projects = [
        simple.project(stage, deleted_at=days_ago(8), deleted_by="owner")
        for _number in range(20)
    ]
    ids = [project.pk for project in projects]

    def share() -> None:
        try:
            with stage.scope():
                ProjectShare.objects.create(
                    workspace_id=stage.workspace.id,
                    project_id=random.choice(ids),
                    membership_id=stage.other.membership.pk,
                    right=ShareRight.values[0],
                    shared_at=NOON,
                )
        except (IntegrityError, OperationalError):
            time.sleep(0.01)

    sweep_beside(stage, stage.open_sweep(), share)

    with stage.scope():
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
