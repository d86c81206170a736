"""Which policy governs an item, as tables and as properties of the rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.eligibility import precedence, rules
from retention.eligibility.precedence import Chain, Limits
from retention.eligibility.rules import Version
from workspaces.tenancy.plans import Plan, of

T0 = datetime(2026, 1, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=400)
MANAGED = of(Plan.ENTERPRISE)
DAY = timedelta(days=1)


def version(
    days: int | None,
    *,
    undo: int = 0,
    on: float = 0,
    withdrawn: bool = False,
    n: int = 1,
) -> Version:
    moment = T0 + on * DAY
    return Version(
        number=n,
        days=days,
        undo_days=undo,
        set_at=moment,
        in_force_at=moment,
        is_withdrawal=withdrawn,
        label=f"v{n}",
    )


def limits(floor: int | None, ceiling: int | None, on: float = 0) -> Limits:
    moment = T0 + on * DAY
    return Limits(
        number=1,
        floor_days=floor,
        ceiling_days=ceiling,
        set_at=moment,
        in_force_at=moment,
    )


def chain(workspace=None, groups=(), member=(), project=()) -> Chain:
    return Chain(
        promises=MANAGED,
        workspace=workspace or [precedence.default(days=None, undo_days=7)],
        groups=groups,
        member=member,
        project=project,
    )


def kept(found: datetime | None) -> float | None:
    return None if found is None else (NOW - found) / DAY


@pytest.mark.parametrize(
    ("given_chain", "days"),
    [
        pytest.param(chain(), None, id="nothing set keeps"),
        pytest.param(chain([version(90)]), 90, id="workspace"),
        pytest.param(chain([version(90)], [[version(10)]]), 10, id="group wins"),
        pytest.param(
            chain([version(90)], [[version(10)], [version(20)]]), 20, id="longest group"
        ),
        pytest.param(
            chain([version(90)], [[version(10)], [version(None)]]), None, id="for ever"
        ),
        pytest.param(
            chain([version(90)], [[version(10)]], [version(365)]), 365, id="member wins"
        ),
        pytest.param(
            chain([version(90)], [[version(10)]], [version(365)], [version(1)]),
            1,
            id="project wins",
        ),
        pytest.param(
            chain(
                [version(90)],
                member=[version(5), version(None, on=300, withdrawn=True, n=2)],
            ),
            90,
            id="withdrawn long ago",
        ),
    ],
)
def test_the_most_specific_policy_wins(given_chain, days):
    found = given_chain.at(NOW)

    assert (kept(found.expire_before), kept(found.purge_before)) == (days, days)


@pytest.mark.parametrize(
    ("days", "bounds", "expected"),
    [
        (10, (30, None), 30),
        (10, (None, 5), 5),
        (None, (None, 365), 365),
        (None, (30, None), None),
        (50, (30, 365), 50),
        (50, (None, None), 50),
    ],
)
def test_floor_and_ceiling_bound_every_policy(days, bounds, expected):
    (piece,) = precedence.within([version(days)], [limits(*bounds)])

    assert piece.days == expected


def test_bounds_hold_from_the_moment_that_they_are_in_force():
    pieces = precedence.within([version(10)], [limits(30, None, on=100)])

    assert [(p.days, (p.in_force_at - T0) / DAY) for p in pieces] == [
        (10, 0),
        (30, 100),
    ]


def test_a_new_narrow_policy_takes_nothing_before_its_undo_window_has_passed():
    young = chain([version(365)], member=[version(10, undo=7, on=395)])
    old = chain([version(365)], member=[version(10, undo=7, on=393)])

    assert kept(young.at(NOW).expire_before) == 10
    assert kept(young.at(NOW).purge_before) == 365
    assert kept(old.at(NOW).purge_before) == 17


def test_what_a_withdrawn_policy_kept_waits_for_the_undo_window_as_well():
    rows = [version(None, undo=7), version(None, undo=7, on=395, withdrawn=True, n=2)]
    lately, long_ago = chain([version(30)], member=rows), chain([version(30)])

    assert kept(lately.at(NOW).expire_before) == 30
    assert lately.at(NOW).purge_before is None
    assert kept(long_ago.at(NOW).purge_before) == 30


PIECES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(1, 40)),
        st.integers(0, 9),
        st.integers(300, 440),
        st.booleans(),
    ),
    max_size=3,
)
CLOCKS = st.integers(320, 420)


def narrow(changes) -> list[Version]:
    ordered = sorted(changes, key=lambda change: change[2])
    return [
        version(None if gone else days, undo=undo, on=on, withdrawn=gone, n=place + 1)
        for place, (days, undo, on, gone) in enumerate(ordered)
    ]


def wide(changes) -> list[Version]:
    rows = narrow([(days, undo, on, False) for days, undo, on, _gone in changes])
    return [precedence.default(days=None, undo_days=7), *rows]


CHAINS = st.builds(
    lambda w, g, h, m, p: chain(
        wide(w), [one for one in (narrow(g), narrow(h)) if one], narrow(m), narrow(p)
    ),
    *[PIECES] * 5,
)


@given(CHAINS)
def test_nothing_is_purged_that_is_not_expired(found):
    level = found.at(NOW)

    if level.purge_before is not None:
        assert level.expire_before is not None
        assert level.purge_before <= level.expire_before


@given(CHAINS)
def test_the_narrowest_scope_in_force_decides_what_is_hidden(found):
    for pieces in (found.project, found.member):
        current = rules.in_force(pieces, at=NOW)
        if current and not current.is_withdrawal:
            assert kept(found.at(NOW).expire_before) == current.days
            return


@given(CHAINS, CLOCKS)
def test_dates_say_when_the_engine_hides_and_takes(found, clock_day):
    clock = T0 + clock_day * DAY
    for moment, when in (
        (precedence.expires_at(found, clock=clock, at=NOW), "expire_before"),
        (precedence.purge_at(found, clock=clock, at=NOW), "purge_before"),
    ):
        cutoff = getattr(found.at(NOW), when)
        is_now = cutoff is not None and clock <= cutoff
        assert (moment is not None and moment <= NOW) == is_now
        if moment is not None and moment > NOW:
            then = getattr(found.at(moment), when)
            assert then is not None
            assert clock <= then
