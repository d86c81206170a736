"""My data: one's own conversations, and never anyone else's."""

from typing import Any
from uuid import uuid4

import pytest

from kit import vault
from retention.eligibility import scopes
from retention.holds import services as holds
from retention.own_data import selectors as own_data
from retention.policies import selectors as policies
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import TITLE, Stage, days_ago
from workspaces.content.models import Conversation, Message
from workspaces.content.storage import Seals


def _state(stage: Stage, row: Conversation) -> str:
    with stage.scope():
        fresh = Conversation.objects.get(pk=row.pk)
    return "deleted" if fresh.deleted_at else "live"


def _named(stage: Stage, title: str, **more: Any) -> Conversation:
    return stage.conversation(named=title, **more)


def _seals(stage: Stage, row: Conversation) -> Seals:
    key = vault.read_keys([row.key_id])[row.key_id]
    return Seals(key, workspace=stage.workspace.public_id, conversation=row.public_id)


def _say(stage: Stage, row: Conversation, position: int, text: str, **more: Any):
    columns = {"is_on_path": True, "is_hidden": False, **more}
    node = {"text": text}
    with stage.scope():
        Message.objects.create(
            workspace_id=stage.workspace.id,
            conversation=row,
            position=position,
            has_message=True,
            role="assistant",
            sealed=_seals(stage, row).node(position, None, node),
            **columns,
        )


def test_a_member_sees_their_own_by_title_and_nobody_elses(stage: Stage) -> None:
    mine = _named(stage, "Fixture drawing, revision C", age=2)
    _named(stage, "Wage talks", age=2, owner=stage.other)

    page = stage.member.client().get("/me/").content.decode()

    assert "jun.takahashi@halden.example, Halden Engineering" in page
    assert "Fixture drawing, revision C" in page
    assert f"/me/conversations/{mine.public_id}/" in page
    assert "Wage talks" not in page


def test_the_rule_the_readers_and_the_holds_are_named(stage: Stage) -> None:
    stage.set_policy(120)
    row = stage.conversation(age=2)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        conversation_ids=[row.pk],
        at=NOON,
    )

    page = stage.member.client().get("/me/").content.decode()

    assert "Kept 120 days after the last message" in page
    assert "Set by your workspace." in page
    assert "1 conversation is kept for a legal matter" in page
    assert "Brennan" not in page


def test_what_goes_next_comes_with_its_day(stage: Stage) -> None:
    stage.set_policy(90)
    _named(stage, "Spindle noise", age=80)

    page = stage.member.client().get("/me/").content.decode()

    assert "Goes next" in page
    assert "12 Mar 2026, in 10 days" in page


def test_expired_ones_are_gone_from_the_list(stage: Stage) -> None:
    stage.set_policy(90, undo=7)
    row = _named(stage, "Spindle noise", age=92)

    client = stage.member.client()

    assert "Spindle noise" not in client.get("/me/").content.decode()
    page = client.get(f"/me/conversations/{row.public_id}/").content.decode()
    assert "It has expired" in page
    assert "hello" not in page


def test_titles_are_searched(stage: Stage) -> None:
    _named(stage, "Heat treatment of 42CrMo4")
    _named(stage, "Spindle noise")

    page = stage.member.client().get("/me/?q=HEAT").content.decode()

    assert "Heat treatment" in page
    assert "Spindle" not in page
    assert "2 titles looked through, 1 with these words." in page


def test_a_search_stops_and_goes_on_where_it_was(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "SEARCHED_AT_ONCE", 2)
    monkeypatch.setattr(own_data.keyset, "LARGEST_PAGE", 2)
    _named(stage, "Heat treatment", age=9)
    for _number in range(3):
        _named(stage, "Spindle noise", age=1)
    client = stage.member.client()

    first = client.get("/me/?q=heat")
    second = client.get(f"/me/{first.context['next_url'][4:]}")

    assert "Heat treatment" not in first.content.decode()
    assert "Look further back" in first.content.decode()
    assert "Heat treatment" in second.content.decode()


def test_reading_shows_the_path_first_and_the_rest_on_demand(stage: Stage) -> None:
    row = stage.conversation()
    _say(stage, row, 1, "the shown answer")
    _say(stage, row, 2, "the other answer", is_on_path=False)
    _say(stage, row, 3, "the system prompt", is_hidden=True)
    client, path = stage.member.client(), f"/me/conversations/{row.public_id}/"

    shown = client.get(path).content.decode()
    everything = client.get(f"{path}?show=all").content.decode()

    assert "the shown answer" in shown
    assert "the other answer" not in shown
    assert "Show 2 more" in shown
    assert "the other answer" in everything
    assert "the system prompt" in everything


def test_markup_in_a_message_stays_text(stage: Stage) -> None:
    row = stage.conversation()
    _say(stage, row, 1, "<script>alert(1)</script>")

    page = stage.member.client().get(f"/me/conversations/{row.public_id}/")

    assert "<script>alert" not in page.content.decode()


def test_a_long_conversation_comes_in_parts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retention.own_data.views.conversations.MESSAGES_AT_ONCE", 2)
    row = stage.conversation()
    for position in (1, 2, 3):
        _say(stage, row, position, f"answer {position}")
    client, path = stage.member.client(), f"/me/conversations/{row.public_id}/"

    first = client.get(path).content.decode()
    second = client.get(f"{path}?from=2").content.decode()

    assert "answer 1" in first
    assert "answer 3" not in first
    assert "answer 3" in second
    assert client.get(f"{path}?from=x").status_code == 200
    assert client.get(f"{path}?from=999999999").status_code == 200
    assert client.get(f"{path}?from={'9' * 5000}").status_code == 200


def test_deleting_asks_first_then_hides_and_offers_the_way_back(stage: Stage) -> None:
    row = _named(stage, "Torque table draft")
    client, path = stage.member.client(), f"/me/conversations/{row.public_id}/delete/"

    asked = client.get(path).content.decode()
    assert "Delete “Torque table draft”?" in asked
    assert "For 7 days you can bring it back" in asked
    assert _state(stage, row) == "live"

    page = client.post(path, follow=True).content.decode()
    assert _state(stage, row) == "deleted"
    assert "“Torque table draft” is deleted." in page
    assert f"/me/conversations/{row.public_id}/restore/" in page


def test_a_deleted_one_can_be_restored_but_not_read(stage: Stage) -> None:
    row = _named(stage, "Torque table draft", deleted_at=NOON, deleted_by="owner")
    client, path = stage.member.client(), f"/me/conversations/{row.public_id}/"

    page = client.get(path).content.decode()
    assert "You deleted it" in page
    assert "hello" not in page

    back = client.post(f"{path}restore/", follow=True).content.decode()
    assert "“Torque table draft” is back." in back
    assert _state(stage, row) == "live"


def test_after_the_undo_window_nothing_comes_back(stage: Stage) -> None:
    row = stage.conversation(age=20, deleted_at=days_ago(8), deleted_by="owner")
    client = stage.member.client()

    listed = client.get("/me/").content.decode()
    page = client.post(f"/me/conversations/{row.public_id}/restore/", follow=True)

    assert "Its time to come back has passed." in listed
    assert "restore/" not in listed
    assert "The undo window of this conversation has passed." in page.content.decode()
    assert _state(stage, row) == "deleted"


def test_deleting_twice_is_refused_in_words(stage: Stage) -> None:
    row = stage.conversation()
    client, path = stage.member.client(), f"/me/conversations/{row.public_id}/delete/"
    client.post(path)

    page = client.post(path, follow=True)

    assert "This is deleted already." in page.content.decode()


@pytest.mark.parametrize("act", ["", "delete/", "restore/"])
def test_nobody_reaches_anothers_conversation(stage: Stage, act: str) -> None:
    row = stage.conversation(owner=stage.other)
    path = f"/me/conversations/{row.public_id}/{act}"
    stranger = cast.owner(cast.elsewhere())

    for person in (stage.member, stage.owner, stage.officer, stranger):
        client = person.client()
        answer = client.get(path) if act != "restore/" else client.post(path)
        assert answer.status_code == 404
    assert stage.member.client().post(path.replace(act, "delete/")).status_code == 404
    assert _state(stage, row) == "live"


def test_an_unknown_workspace_and_a_forged_cursor_are_refused(stage: Stage) -> None:
    cast.elsewhere()
    client = stage.member.client()

    assert client.get("/me/?in=brennan-office").status_code == 404
    assert client.get("/me/?after=nonsense").status_code == 400
    assert client.get(f"/me/conversations/{uuid4()}/").status_code == 404


def test_a_person_of_two_workspaces_chooses_between_them(stage: Stage) -> None:
    pilot = cast.workspace(
        stage.workspace.organization, slug="halden-pilot", name="Halden Pilot"
    )
    cast.person(pilot, stage.member.membership.email)
    row = stage.conversation()
    client = stage.member.client()

    page = client.get("/me/?in=halden-pilot").content.decode()

    assert "Nothing is stored" in page
    assert TITLE not in page
    assert client.get(f"/me/conversations/{row.public_id}/").status_code == 200


def test_signed_out_people_are_sent_to_sign_in(stage: Stage, client: Any) -> None:
    assert client.get("/me/").status_code == 302


def test_on_team_members_set_their_own_retention(team: Stage) -> None:
    team.conversation(age=40)
    client = team.member.client()

    draft = client.get("/me/retention/?days=30").content.decode()
    assert "Keep mine 30 days" in draft
    client.post("/me/retention/", {"days": "30"})

    assert _own_days(team, team.member) == 30
    assert _own_days(team, team.other) is None
    page = client.get("/me/").content.decode()
    assert "Kept 30 days after the last message" in page
    assert "Set by you; nobody else can." in page


@pytest.mark.parametrize("days", ["0", "3651", "many"])
def test_days_out_of_bounds_are_refused(team: Stage, days: str) -> None:
    page = team.member.client().post("/me/retention/", {"days": days})

    assert page.status_code == 422
    assert _own_days(team, team.member) is None


def test_on_enterprise_the_workspace_decides(stage: Stage) -> None:
    client = stage.member.client()

    page = client.get("/me/retention/")
    refused = client.post("/me/retention/", {"days": "30"})

    assert "Your workspace decides this" in page.content.decode()
    assert refused.status_code == 422
    assert _own_days(stage, stage.member) is None


def test_a_full_page_needs_few_queries(
    stage: Stage, django_assert_max_num_queries
) -> None:
    for number in range(12):
        stage.conversation(age=number)
    client = stage.member.client()
    client.get("/me/")

    with django_assert_max_num_queries(34):
        client.get("/me/")


def _own_days(stage: Stage, person: Person) -> int | None:
    with stage.scope():
        return policies.standing(
            workspace=stage.workspace,
            at=NOON,
            scope=scopes.member(person.membership.pk),
        ).days


def test_the_demo_says_so_on_own_pages_too(stage: Stage, settings) -> None:
    client = stage.member.client()
    settings.CUSTOS_DEMO = False
    assert "c-demo" not in client.get("/me/").content.decode()

    settings.CUSTOS_DEMO = True

    assert "Demonstration with invented people" in client.get("/me/").content.decode()
