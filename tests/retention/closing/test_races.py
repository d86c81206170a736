"""Holds race every step of a closing; the order of commits explains each outcome."""

import os
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import connections, transaction

from kit.refusals import Refused, UnderLegalHold, WorkspaceIsClosing
from retention.closing import services
from retention.closing.models import ClosingState
from retention.closing.services import working
from retention.holds import locking
from retention.holds.models import Hold
from retention.holds.services import storing
from retention.sweeps.services.planning import SWEEPER
from tests import cast
from tests.cast import NOON
from tests.retention.closing.test_close import (
    OVER,
    UNDO,
    ask,
    destroy,
    hold,
    is_readable,
    now,
    state,
)
from tests.retention.conftest import Stage, staged

AFTER = OVER + UNDO
ROUNDS = int(os.environ.get("CUSTOS_TEST_INTERLEAVINGS", "3"))
FIRST_ONE_THEN_THE_OTHER = [(0.3, 0.0), (0.0, 0.3)]
PATIENCE = 120
MANY = pytest.param(8, marks=pytest.mark.slow)


def _nothing(stage: Stage) -> datetime:
    stage.conversation(age=3)
    return NOON


def _asked(stage: Stage) -> datetime:
    stage.conversation(age=3)
    ask(stage)
    return OVER


def _hidden(stage: Stage) -> datetime:
    _asked(stage)
    services.work_due(at=OVER)
    return AFTER


def _empty(stage: Stage) -> datetime:
    """Nothing is left but to close: the hold is on a member, whose past is gone."""
    moment = _hidden(stage)
    stage.sweep(at=moment)
    destroy(moment)
    return moment


def _request(stage: Stage, at: datetime) -> None:
    ask(stage, at=at)


def _work(stage: Stage, at: datetime) -> None:
    services.work_due(at=at)


def _sweep(stage: Stage, at: datetime) -> None:
    stage.sweep(at=at)
    destroy(at)


@pytest.mark.parametrize("rounds", [ROUNDS, MANY])
@pytest.mark.parametrize(
    ("before", "step"),
    [(_nothing, _request), (_asked, _work), (_hidden, _sweep), (_empty, _work)],
    ids=["request", "begin and empty", "purge", "close"],
)
def test_whoever_commits_first_explains_the_outcome(
    transactional_db: None,
    before: Callable[[Stage], datetime],
    step: Callable[[Stage, datetime], None],
    rounds: int,
) -> None:
    organization = cast.organization()
    chance = random.Random(rounds)
    for number in range(rounds):
        stage = staged(cast.workspace(organization, slug=f"race-{number}"))
        at = before(stage)
        stored = stage.stored()

        delays = (chance.uniform(0, 0.04), chance.uniform(0, 0.04))
        if number < len(FIRST_ONE_THEN_THE_OTHER):
            delays = FIRST_ONE_THEN_THE_OTHER[number]

        placed, refused = _race(
            lambda stage=stage, at=at: hold(stage, at=at),
            lambda stage=stage, at=at: step(stage, at),
            delays=delays,
        )

        _explained(stage, placed, refused)
        _goes_on(stage, at)
        if isinstance(placed, Hold):
            # What was stored when the hold committed is stored for good, and readable.
            assert is_readable(stage)
            assert state(stage) != "closed"
            if step is not _sweep and before is not _empty:
                assert stage.stored() == stored
        else:
            assert state(stage) == "closed"


def _race(
    hold_it: Callable[[], Any],
    step: Callable[[], None],
    *,
    delays: tuple[float, float],
) -> tuple[Any, BaseException | None]:
    """What came of the hold, and what refused the step, if anything."""
    start, outcome, failures = Barrier(2), [], []

    def holding() -> None:
        try:
            start.wait()
            time.sleep(delays[0])
            outcome.append(hold_it())
        except Refused as refusal:
            outcome.append(refusal)
        finally:
            connections.close_all()

    def stepping() -> None:
        try:
            start.wait()
            time.sleep(delays[1])
            step()
        except BaseException as failure:  # noqa: BLE001 -- asserted by the test
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [Thread(target=holding), Thread(target=stepping)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome[0], failures[0] if failures else None


def _explained(stage: Stage, placed: Any, refused: BaseException | None) -> None:
    """A hold is refused by a closed workspace alone, a request by a hold alone."""
    if not isinstance(placed, Hold):
        assert isinstance(placed, WorkspaceIsClosing)
        assert now(stage).state == ClosingState.DESTROYING
    if refused is not None:
        assert isinstance(refused, UnderLegalHold)
        assert isinstance(placed, Hold)


def _goes_on(stage: Stage, at: datetime) -> None:
    """Long after: every tick, sweep and destruction that may come has come."""
    for days in (15, 30, 31):
        moment = at + timedelta(days=days)
        # Nobody is a member of a closed workspace any more: the product sweeps it.
        stage.sweep(at=moment, actor=SWEEPER)
        destroy(moment)
        services.work_due(at=moment)


def test_the_close_waits_for_a_hold_that_is_being_placed(stage: Stage) -> None:
    """The hold has its lock and is not committed: the key is asked for after it."""
    at = _empty(stage)
    is_held, go = Event(), Event()

    def holding() -> None:
        with storing.scope(stage.workspace):
            locking.before_changing()
            is_held.set()
            go.wait(timeout=PATIENCE)
            hold(stage, at=at)
        connections.close_all()

    thread = Thread(target=holding)
    thread.start()
    is_held.wait(timeout=PATIENCE)
    closing = Thread(target=_closing, args=(at,))
    closing.start()
    _await_a_waiting_lock()
    go.set()
    thread.join()
    closing.join()

    assert (state(stage), is_readable(stage)) == ("emptying", True)
    services.work_due(at=at + timedelta(minutes=6))
    assert now(stage).waits_for == 1


def test_a_hold_that_waited_for_the_close_is_refused_aloud(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = _empty(stage)
    decided, go = Event(), Event()
    original = working.changed

    def slowly(*args: Any, **names: Any) -> int:
        done = original(*args, **names)
        decided.set()
        go.wait(timeout=PATIENCE)
        return done

    monkeypatch.setattr(working, "changed", slowly)
    closing = Thread(target=_closing, args=(at,))
    closing.start()
    decided.wait(timeout=PATIENCE)
    outcome: list[Any] = []

    def holding() -> None:
        try:
            outcome.append(hold(stage, at=at))
        except Refused as refusal:
            outcome.append(refusal)
        finally:
            connections.close_all()

    thread = Thread(target=holding)
    thread.start()
    _await_a_waiting_lock()
    assert outcome == []
    go.set()
    thread.join()
    closing.join()

    assert isinstance(outcome[0], WorkspaceIsClosing)
    assert state(stage) == "closed"
    with stage.scope():
        assert not Hold.objects.exists()


def test_the_close_waits_for_whoever_stores_something(stage: Stage) -> None:
    """It began while the workspace was open, and commits at the very end."""
    stored, go = Event(), Event()

    def storing_late() -> None:
        with transaction.atomic():
            stage.conversation(age=1)
            stored.set()
            go.wait(timeout=PATIENCE)
        connections.close_all()

    thread = Thread(target=storing_late)
    thread.start()
    stored.wait(timeout=PATIENCE)
    ask(stage)
    closing = Thread(target=_closing, args=(OVER,))
    closing.start()
    _await_a_waiting_lock()
    go.set()
    thread.join()
    closing.join()

    assert (state(stage), is_readable(stage)) == ("emptying", True)
    assert len(stage.stored()) == 1


def _closing(at: datetime) -> None:
    services.work_due(at=at)
    connections.close_all()


def _await_a_waiting_lock() -> None:
    for _try in range(3_000):
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                # Who waits for a row waits for a transaction, which has no database.
                "select count(*) from pg_locks where not granted"
                " and coalesce(database, 0) in (0, (select oid from pg_database"
                " where datname = current_database()))"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")
