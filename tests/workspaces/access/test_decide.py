"""What a member may use, from the rows of the database, with the reason."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.cast import Person
from tests.workspaces.access.making import a_group, a_role, assign, opened
from workspaces.access import selectors
from workspaces.access.features import Feature, default_of
from workspaces.access.models import Baseline
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture(autouse=True)
def _opened(where: WorkspaceRef, jun: Person) -> Iterator[None]:
    with opened(where):
        yield


def test_without_roles_the_workspace_decides(where: WorkspaceRef, jun: Person) -> None:
    Baseline.objects.create(
        workspace_id=where.id, feature=Feature.MEMORY_USE.value, value="off"
    )

    memory = selectors.decide(member=jun.membership, feature=Feature.MEMORY_USE)
    search = selectors.decide(member=jun.membership, feature=Feature.WEB_SEARCH)

    assert (memory.allowed, memory.value) == (False, "off")
    assert memory.reason == "“Memory” is off. Set by the workspace."
    assert (search.allowed, search.reason) == (
        True,
        "“Web search” is on. Set by the workspace.",
    )


def test_a_role_given_through_a_group_says_so(where: WorkspaceRef, jun: Person) -> None:
    lab = a_group(where, "Lab", jun.membership)
    assign(where, a_role(where, "Researchers", LINK_SHARING="on"), group=lab)

    found = selectors.decide(member=jun.membership, feature=Feature.LINK_SHARING)

    assert found.allowed
    assert found.reason == (
        "“Share conversations by link” is on. "
        "Set by the role “Researchers” (through the group “Lab”)."
    )


def test_roles_that_all_say_off_are_below_the_workspace(
    where: WorkspaceRef, jun: Person
) -> None:
    first = a_role(where, "Contractors", WEB_SEARCH="off")
    second = a_role(where, "Night shift")
    assign(where, first, membership=jun.membership)

    alone = selectors.decide(member=jun.membership, feature=Feature.WEB_SEARCH)
    assign(where, second, membership=jun.membership)
    both = selectors.decide(member=jun.membership, feature=Feature.WEB_SEARCH)

    assert (alone.allowed, both.allowed) == (False, True)
    assert alone.reason == (
        "“Web search” is off. Set by the role “Contractors” (given directly)."
    )
    assert both.reason == "“Web search” is on. Set by the workspace."


def test_a_level_is_compared_with_what_is_wanted(
    where: WorkspaceRef, jun: Person
) -> None:
    member, share = jun.membership, Feature.GPTS_SHARE

    below = selectors.decide(member=member, feature=share, wanted="invite_only")
    above = selectors.decide(member=member, feature=share, wanted="gpt_store")
    unknown = selectors.decide(member=member, feature=share, wanted="moon")

    assert (below.allowed, above.allowed, unknown.allowed) == (True, False, False)
    assert above.reason == (
        "“Share GPTs” goes up to “Workspace”, not to “The GPT store”. "
        "Set by the workspace."
    )
    assert unknown.reason == "“Share GPTs” has no value “moon”."


def test_a_seat_for_code_closes_the_rest(where: WorkspaceRef, jun: Person) -> None:
    assign(where, a_role(where, "All", MEMORY_USE="on"), membership=jun.membership)
    jun.membership.seat = "code"

    found = selectors.effective(member=jun.membership)

    assert {one for one, verdict in found.items() if verdict} == {
        Feature.CODE_EXECUTION,
        Feature.MODELS,
    }
    assert found[Feature.MEMORY_USE].reason == (
        "“Memory” is not part of this seat (Code only)."
    )


def test_who_is_suspended_may_use_nothing(jun: Person) -> None:
    jun.membership.status = "suspended"

    found = selectors.effective(member=jun.membership)

    assert not any(found.values())
    assert found[Feature.MODELS].reason == (
        "This member is suspended and may use nothing."
    )


def test_what_a_member_belongs_to(where: WorkspaceRef, jun: Person) -> None:
    lab = a_group(where, "Lab", jun.membership)
    direct, through = a_role(where, "One"), a_role(where, "Two")
    a_role(where, "Three")
    assign(where, direct, membership=jun.membership)
    assign(where, through, group=lab)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = selectors.belongings(membership_id=jun.membership.pk)

    assert found.role_ids == {direct.pk, through.pk}
    assert found.group_ids == {lab.pk}
    assert len(asked) == 2


def test_the_workspace_begins_with_its_plan(where: WorkspaceRef) -> None:
    for feature in Feature:
        assert selectors.baseline(feature=feature) == default_of(
            feature, plan=where.plan
        )


def test_all_answers_cost_as_much_as_one(where: WorkspaceRef, jun: Person) -> None:
    lab = a_group(where, "Lab", jun.membership)
    for number in range(5):
        made = a_role(where, f"Role {number}", MEMORY_USE="on")
        assign(where, made, group=lab)

    with CaptureQueriesContext(connection) as asked:
        selectors.effective(member=jun.membership)

    assert len(asked) <= 6
