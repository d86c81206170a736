"""A process holds few parent keys, and none for longer than it may."""

from uuid import UUID

from kit.sealing import Sealer
from kit.vault.parents import Parent, Parents
from kit.vault.rows import Kind

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
PARENT = Parent(sealer=Sealer(bytes(32)), kind=Kind.WORKSPACE)


def test_a_parent_is_dropped_when_its_time_is_over() -> None:
    time = [100.0]
    parents = Parents(size=2, seconds=60, timer=lambda: time[0])
    parents.hold(ONE, PARENT, read_at=parents.now())

    time[0] = 159.9
    assert parents.get(ONE) is PARENT
    time[0] = 160.0
    assert parents.get(ONE) is None


def test_use_does_not_prolong_the_time() -> None:
    time = [0.0]
    parents = Parents(size=2, seconds=60, timer=lambda: time[0])
    parents.hold(ONE, PARENT, read_at=parents.now())

    for second in range(61):
        time[0] = float(second)
        held = parents.get(ONE)

    assert held is None


def test_the_oldest_leaves_when_there_are_too_many() -> None:
    parents = Parents(size=2, seconds=60)
    for key in (ONE, TWO, THREE):
        parents.hold(key, PARENT, read_at=parents.now())

    assert parents.get(ONE) is None
    assert parents.get(TWO) is PARENT
    assert parents.get(THREE) is PARENT


def test_a_destroyed_parent_is_forgotten() -> None:
    parents = Parents(size=2, seconds=60)
    parents.hold(ONE, PARENT, read_at=parents.now())

    parents.forget([ONE, TWO])

    assert parents.get(ONE) is None
