"""Worker, beat, PostgreSQL and Valkey die at each call of a store that a sweep makes.

Beat and worker are one real process, forked for each interleaving, that dies by SIGKILL
right behind one call, which is right before the next; another process takes over and
ends the sweep. Servers die beside a worker that lives on, and come back when it has
noticed. The ordinary run tries some calls, evenly; `CUSTOS_CRASH_ALL=1` tries all, `=7`
each seventh.
"""

import os
from collections.abc import Iterator, Sequence

import pytest
from pytest_django import DjangoDbBlocker

from kit import clock
from retention.sweeps import tasks
from retention.sweeps.services import planning, vacuuming
from tests.cast import NOON
from tests.retention.crashes import oracle
from tests.retention.crashes.child import Child
from tests.retention.crashes.content import Planted, plant
from tests.retention.crashes.site import Site, of_its_own

_STRIDE = os.environ.get("CUSTOS_CRASH_ALL")


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    with (
        django_db_blocker.unblock(),
        of_its_own() as found,
        clock.fixed_at(NOON),
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(planning, "WINDOW", 2)
        patched.setattr(vacuuming, "ROWS", 1)
        patched.setattr(tasks, "MOST_WAITS", 2)
        found.fresh()
        yield found


@pytest.fixture(scope="module")
def planted(site: Site) -> Planted:
    found = plant()
    site.keep()
    return found


@pytest.fixture(scope="module")
def calls(site: Site, planted: Planted) -> list[str]:
    """The stores that one sweep calls when nothing disturbs it, in order."""
    return _undisturbed(site, planted)


def _undisturbed(site: Site, planted: Planted) -> list[str]:
    site.begin()
    story = Child(site).run()
    oracle.assert_all_is_well(site, planted)
    return story.split()


def _some(calls: Sequence[str], of: str, *, at_most: int) -> list[int]:
    """The numbers of some calls of a store, or of all; the same in each run."""
    found = [number for number, store in enumerate(calls) if store in of.split()]
    if _STRIDE:
        return found[:: int(_STRIDE)]
    return found[:: max(1, -(-len(found) // at_most))]


@pytest.mark.slow
def test_a_worker_or_beat_may_die(
    site: Site, planted: Planted, calls: list[str]
) -> None:
    blobs = _some(calls, "blob", at_most=2)
    for number in sorted({*_some(calls, "sql", at_most=16), *blobs}):
        _die(site, planted, number)


@pytest.mark.slow
def test_the_database_may_die(site: Site, planted: Planted, calls: list[str]) -> None:
    for number in _some(calls, "sql blob", at_most=6):
        site.begin()
        Child(site, dies_at=number, kill=site.kill_postgres).run()
        _assert_all_is_well(site, planted, number)


@pytest.mark.slow
def test_a_worker_or_the_broker_may_die_as_it_rings(
    site: Site, planted: Planted
) -> None:
    with site.with_valkey():
        rings = _undisturbed(site, planted)
        for number in _some(rings, "broker", at_most=3):
            _die(site, planted, number)
            site.begin()
            Child(site, dies_at=number, kill=site.kill_valkey).run()
            _assert_all_is_well(site, planted, number)


def _die(site: Site, planted: Planted, number: int) -> None:
    site.begin()
    Child(site, dies_at=number).run()
    site.forget_the_dead()
    Child(site).run()
    _assert_all_is_well(site, planted, number)


def _assert_all_is_well(site: Site, planted: Planted, number: int) -> None:
    try:
        oracle.assert_all_is_well(site, planted)
    except AssertionError as error:
        error.add_note(f"after a death behind call {number}")
        raise
