"""What a change would do is counted by the evaluator, over crowds of members."""

from kit.permissions import Permission
from workspaces.access.effects import Effect, State, on_features, on_permissions
from workspaces.access.features import Feature, default_of
from workspaces.access.storage import Crowd
from workspaces.tenancy.plans import Plan

F = Feature
CONTRACTORS, RESEARCHERS = 1, 2
BASELINE = {one: default_of(one, plan=Plan.ENTERPRISE) for one in Feature}
STATE = State(
    plan=Plan.ENTERPRISE,
    baseline=BASELINE,
    said={
        CONTRACTORS: {F.WEB_SEARCH: "off"},
        RESEARCHERS: {F.LINK_SHARING: "on", F.GPTS_SHARE: "gpt_store"},
    },
    grants={RESEARCHERS: frozenset({"holds.view"})},
)


def crowd(people: int, *roles: int, seat: str = "chat", role: str = "member") -> Crowd:
    return Crowd(custom_roles=frozenset(roles), seat=seat, role=role, people=people)


CROWDS = [
    crowd(1000),
    crowd(100, CONTRACTORS),
    crowd(10, RESEARCHERS),
    crowd(3, CONTRACTORS, RESEARCHERS),
    crowd(7, RESEARCHERS, seat="code"),
    crowd(2, RESEARCHERS, role="admin"),
]


def test_a_baseline_touches_whom_no_role_shields() -> None:
    after = STATE.with_baseline({F.WEB_SEARCH: "off", F.LINK_SHARING: "on"})

    found = on_features(CROWDS, before=STATE, after=after)

    assert found == {
        F.WEB_SEARCH: Effect(lose=1000 + 10 + 3 + 2),
        F.LINK_SHARING: Effect(gain=1000 + 100),
    }


def test_a_deleted_role_takes_and_gives_back() -> None:
    without_contractors = STATE.without_role(CONTRACTORS)
    without_researchers = STATE.without_role(RESEARCHERS)

    given_back = on_features(CROWDS, before=STATE, after=without_contractors)
    taken = on_features(CROWDS, before=STATE, after=without_researchers)

    assert given_back == {F.WEB_SEARCH: Effect(gain=100)}
    assert taken == {
        F.GPTS_SHARE: Effect(lose=10 + 3 + 2),
        F.LINK_SHARING: Effect(lose=10 + 3 + 2),
        F.WEB_SEARCH: Effect(lose=3),
    }


def test_a_grant_counts_for_whom_the_built_in_role_does_not_hold_it() -> None:
    found = on_permissions(CROWDS, before=STATE, after=STATE.without_role(RESEARCHERS))

    assert found == {Permission.HOLDS_VIEW: Effect(lose=10 + 3 + 7)}


def test_what_touches_nobody_is_not_listed() -> None:
    after = STATE.with_role(CONTRACTORS, said={F.WEB_SEARCH: "off"}, grants=frozenset())

    assert on_features(CROWDS, before=STATE, after=after) == {}
    assert on_permissions(CROWDS, before=STATE, after=after) == {}
