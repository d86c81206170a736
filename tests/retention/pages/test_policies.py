"""The page of policies: by scope and kind, its editor, and the way back."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retention.policies import selectors
from retention.policies.models import Scope, ScopeKind
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from workspaces.groups import services as groups
from workspaces.groups.models import Group, Source
from workspaces.tenancy.selectors import WorkspaceRef

URL = "/w/halden-engineering/policies/"
ASKED = {
    "days": "90",
    "undo_days": "7",
    "reason": "Agreed",
    "typed_name": "halden-engineering",
}


def a_group(where: WorkspaceRef, owner: cast.Person, name: str = "Legal") -> Group:
    return groups.create(
        actor=owner.actor,
        workspace=where,
        name=name,
        members=groups.MemberChange(),
        source=Source.PORTAL,
        may_own=False,
        at=NOON,
    )


@pytest.fixture
def legal(stage: Stage) -> Group:
    return a_group(stage.workspace, stage.owner)


def shown(stage: Stage, query: str = "") -> str:
    answer = stage.owner.client().get(URL + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_named_group_opens_its_own_editor(stage: Stage, legal: Group) -> None:
    answer = stage.owner.client().get(URL, {"find": "group", "name": "Legal"})

    assert answer.status_code == 302
    assert answer["location"] == f"{URL}?scope=group&of={legal.public_id}"
    page = shown(stage, f"?scope=group&of={legal.public_id}")
    assert "No policy of its own" in page
    assert "Legal" in page


@pytest.mark.parametrize("kind", ["group", "member", "project", "moon"])
def test_nobody_of_that_name_is_said_so(stage: Stage, kind: str) -> None:
    answer = stage.owner.client().get(URL, {"find": kind, "name": "Nobody"})

    assert answer.status_code in (404, 422)
    assert "named-error" in answer.content.decode()


def test_what_goes_today_as_well_is_not_said_to_go_for_want_of_a_grace_period(
    db: None,
) -> None:
    stage = staged(cast.workspace(), grace_hours=24)
    stage.set_policy(90)
    stage.conversation(age=100)

    page = shown(stage, "?days=95&undo_days=0")

    assert "1 conversation is purged at once" in page
    assert "rule lets them go as well: nobody can bring them back" in page
    assert "has no grace period" not in page


def test_where_members_decide_nothing_is_said_of_a_policy(team: Stage) -> None:
    page = shown(team)

    assert "Each member decides here" in page
    assert "Nothing was ever set" not in page


def test_where_the_plan_decides_nothing_is_said_of_a_policy(db: None) -> None:
    page = shown(staged(cast.workspace(plan="api")))

    assert "The plan decides here" in page
    assert "Nothing was ever set" not in page


@pytest.mark.parametrize("query", ["kind=moon", "scope=moon", "scope=group&of=odd"])
def test_what_is_not_there_is_not_found(stage: Stage, query: str) -> None:
    assert stage.owner.client().get(f"{URL}?{query}").status_code == 404
    asked = dict(pair.split("=") for pair in query.split("&")) | ASKED
    assert stage.owner.client().post(f"{URL}set/", asked).status_code == 404


def test_a_group_elsewhere_is_not_there(stage: Stage) -> None:
    elsewhere = cast.elsewhere()
    stranger = cast.person(elsewhere, "sol.ortega@brennan.example")
    theirs: UUID = a_group(elsewhere, stranger, "Kitchen").public_id

    answer = stage.owner.client().get(f"{URL}?scope=group&of={theirs}")

    assert answer.status_code == 404


def test_an_exception_is_set_and_listed(stage: Stage, legal: Group) -> None:
    where = {"scope": "group", "of": str(legal.public_id)}

    answer = stage.owner.client().post(f"{URL}set/", ASKED | where)

    assert answer.status_code == 302
    with stage.scope():
        found = selectors.standing(
            workspace=stage.workspace, scope=Scope(ScopeKind.GROUP, legal.pk), at=NOON
        )
    assert found.days == 90
    page = shown(stage)
    assert f'href="{URL}?scope=group&amp;of={legal.public_id}"' in page
    assert "Nothing was ever set" in page


def test_an_exception_can_be_taken_away(stage: Stage, legal: Group) -> None:
    where = {"scope": "group", "of": str(legal.public_id)}
    client = stage.owner.client()
    client.post(f"{URL}set/", ASKED | where)
    page = shown(stage, f"?scope=group&of={legal.public_id}&undo_days=7&withdraw=1")
    assert "take the exception away?" in page

    answer = client.post(
        f"{URL}set/", ASKED | where | {"withdraw": "1", "days": "", "undo_days": "7"}
    )

    assert answer.status_code == 302
    assert f"of={legal.public_id}" not in shown(stage)


def test_history_says_what_changed_and_leads_back(stage: Stage) -> None:
    stage.set_policy(365, undo=7)
    stage.set_policy(90, undo=7)

    page = shown(stage)

    assert "<del>365 days</del>" in page
    assert "<ins>90 days</ins>" in page
    assert "days=365&amp;undo_days=7&amp;back=1" in page


def test_going_back_to_a_longer_policy_takes_one_click(stage: Stage) -> None:
    stage.set_policy(365, undo=7)
    stage.set_policy(90, undo=7)
    page = shown(stage, "?days=365&undo_days=7&back=1")
    assert "to go on" not in page

    answer = stage.owner.client().post(
        f"{URL}set/", {"days": "365", "undo_days": "7", "reason": "Back to version 1"}
    )

    assert answer.status_code == 302
    with stage.scope():
        found = selectors.standing(workspace=stage.workspace, at=NOON)
    assert (found.days, found.version) == (365, 3)


def test_what_lets_go_needs_the_name_typed(stage: Stage) -> None:
    answer = stage.owner.client().post(f"{URL}set/", ASKED | {"typed_name": "halden"})

    assert answer.status_code == 422
    with stage.scope():
        assert selectors.standing(workspace=stage.workspace, at=NOON).version == 0


def test_the_page_asks_no_more_where_there_is_more_to_list(stage: Stage) -> None:
    client = stage.owner.client()

    def asked(exceptions: int) -> int:
        for number in range(exceptions):
            made = a_group(stage.workspace, stage.owner, f"Team {exceptions}-{number}")
            stage.set_policy(90, scope=Scope(ScopeKind.GROUP, made.pk))
        client.get(URL)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL).status_code == 200
        return len(queries)

    few, more = asked(1), asked(4)

    assert few == more


def test_each_kind_is_spoken_of_as_what_it_is(stage: Stage) -> None:
    page = shown(stage, "?kind=memories&days=90&undo_days=7")

    assert "Nothing was ever set: memories are kept until someone deletes them." in page
    assert "Keep memories for" in page
    assert "After they were created. Leave empty" in page
    assert "(memories)." in page
    assert "conversations are purged" not in page


def test_a_kind_with_a_limit_says_what_is_kept_without_a_policy(stage: Stage) -> None:
    page = shown(stage, "?kind=temporary_chats&days=10&undo_days=7")

    assert "Custos keeps temporary chats 30 days after they were created." in page
    assert "After they were created, 30 days at most." in page
    assert "compared with the usual 30 days" in page
    assert "Can come back for" not in page  # the next sweep takes them
    assert "Hidden, can come back" not in page


def test_an_exception_is_compared_with_the_wider_policy(
    stage: Stage, legal: Group
) -> None:
    stage.set_policy(365, undo=7)

    page = shown(stage, f"?scope=group&of={legal.public_id}&days=90&undo_days=7")

    assert "compared with the next wider policy" in page


def test_drafts_say_for_whom_and_what(stage: Stage, legal: Group) -> None:
    asked = ASKED | {"intent": "keep", "kind": "memories"}
    asked |= {"scope": "group", "of": str(legal.public_id)}
    stage.owner.client().post(f"{URL}set/", asked)

    page = stage.owner.client().get(f"{URL}drafts/").content.decode()

    assert "Keep memories 90 days" in page
    assert "Legal" in page
