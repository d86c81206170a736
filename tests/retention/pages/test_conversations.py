"""Conversations as metadata: who sees what, and why each stays or goes."""

from uuid import uuid4

import pytest

from retention.deletions import services as deletions
from retention.holds import services as holds
from retention.policies.models import PolicyBounds, Scope, ScopeKind
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import TITLE, Stage

URL = "/w/halden-engineering/conversations/"


def test_an_admin_sees_metadata_and_never_a_title(stage: Stage) -> None:
    row = stage.conversation(age=3)

    page = cast.admin(stage.workspace).client().get(URL)

    assert page.status_code == 200
    assert str(row.public_id)[:8] in page.content.decode()
    assert "jun.takahashi@halden.example" in page.content.decode()
    assert TITLE not in page.content.decode()


def test_segments_show_each_state_with_its_count(stage: Stage) -> None:
    stage.set_policy(90, undo=7)
    stage.conversation(age=3)
    expired = stage.conversation(age=92)
    deleted = stage.conversation(age=4, deleted_at=NOON, deleted_by="owner")

    client = stage.owner.client()
    live_page = client.get(URL).content.decode()
    expired_page = client.get(f"{URL}?state=expired").content.decode()
    deleted_page = client.get(f"{URL}?state=deleted").content.decode()

    assert "Live 1" in live_page
    assert str(expired.public_id)[:8] in expired_page
    assert str(deleted.public_id)[:8] in deleted_page
    assert str(deleted.public_id)[:8] not in live_page


def test_owners_are_found_by_the_beginning_of_their_address(stage: Stage) -> None:
    mine, other = stage.conversation(), stage.conversation(owner=stage.other)

    found = stage.owner.client().get(f"{URL}?owner=LENA").content.decode()

    assert str(other.public_id)[:8] in found
    assert str(mine.public_id)[:8] not in found


def test_a_search_without_a_match_says_so(stage: Stage) -> None:
    stage.conversation()

    page = stage.owner.client().get(f"{URL}?owner=nobody")

    assert "No conversation fits" in page.content.decode()


def test_a_held_conversation_says_so(stage: Stage) -> None:
    row = stage.conversation()
    _hold(stage, row.pk)

    page = stage.officer.client().get(URL)

    assert "On hold" in page.content.decode()


def test_why_names_the_rule_that_decides(stage: Stage) -> None:
    stage.set_policy(90, undo=7)
    row = stage.conversation(age=10)

    page = stage.owner.client().get(f"{URL}{row.public_id}/").content.decode()

    assert "It may be purged in 87 days" in page
    assert "Version 1 of the policy decides" in page
    assert TITLE not in page


def test_why_shows_the_hold_that_keeps_a_due_one(stage: Stage) -> None:
    stage.set_policy(90)
    row = stage.conversation(age=100)
    _hold(stage, row.pk)

    page = stage.officer.client().get(f"{URL}{row.public_id}/").content.decode()

    assert "It stays stored because a legal hold covers it" in page
    assert "Brennan v. Halden" in page


def test_what_is_held_is_not_said_to_go_at_its_date(stage: Stage) -> None:
    stage.set_policy(90)
    row = stage.conversation(age=10)
    _hold(stage, row.pk)

    page = stage.officer.client().get(f"{URL}{row.public_id}/").content.decode()

    assert "A legal hold keeps it; without one it could be purged in 80 days" in page
    assert "It may be purged" not in page


def test_why_follows_a_delete(stage: Stage) -> None:
    row = stage.conversation(age=1)
    with stage.scope():
        deletions.mark_deleted(
            actor=stage.member.actor,
            workspace=stage.workspace,
            conversations=[row],
            at=NOON,
        )

    page = stage.owner.client().get(f"{URL}{row.public_id}/").content.decode()

    assert "Its owner deleted it; it is hidden." in page


def test_why_says_whose_policies_were_looked_at(stage: Stage) -> None:
    stage.set_policy(365, undo=7)
    mine = Scope(ScopeKind.MEMBER, stage.member.membership.pk)
    stage.set_policy(90, undo=7, scope=mine)
    row = stage.conversation(age=10)

    page = stage.owner.client().get(f"{URL}{row.public_id}/").content.decode()

    assert '<th scope="row">jun.takahashi@halden.example</th>' in page
    assert "Workspace default" in page
    assert "Another one counts before it" in page
    assert "Replaced" not in page


def test_why_says_what_the_floor_makes_of_a_policy(stage: Stage) -> None:
    stage.set_policy(30, undo=7)
    with stage.scope():
        PolicyBounds.objects.create(
            workspace_id=stage.workspace.id,
            content_kind="conversations",
            version=1,
            floor_days=90,
            set_at=NOON,
            set_by=stage.owner.actor.id,
            in_force_at=NOON,
        )
    row = stage.conversation(age=60)

    page = stage.owner.client().get(f"{URL}{row.public_id}/").content.decode()

    assert "Floor and ceiling make that 90 days after the last message." in page
    assert "Floor and ceiling: every policy keeps at least 90 days." in page


def test_why_names_the_program_that_deleted(stage: Stage) -> None:
    row = stage.conversation(age=1, deleted_at=NOON, deleted_by="compliance")

    page = stage.owner.client().get(f"{URL}{row.public_id}/").content.decode()

    assert "A program of the Compliance API deleted it" in page


def test_a_temporary_chat_is_not_made_younger_by_a_message(stage: Stage) -> None:
    row = stage.conversation(age=1, is_temporary=True)

    page = stage.owner.client().get(f"{URL}{row.public_id}/").content.decode()

    assert "plan&#x27;s own rule keeps 30 days after it was created" in page
    assert "A new message starts its time again" not in page


def test_an_unknown_id_and_a_strangers_are_not_found(stage: Stage) -> None:
    stranger = cast.owner(cast.elsewhere())
    row = stage.conversation()

    missing = stage.owner.client().get(f"{URL}{uuid4()}/")
    foreign = stranger.client().get(f"{URL}{row.public_id}/")

    assert (missing.status_code, foreign.status_code) == (404, 404)


@pytest.mark.parametrize("path", ["", "{id}/"])
def test_members_may_not_look(stage: Stage, path: str) -> None:
    row = stage.conversation()

    page = stage.member.client().get(URL + path.format(id=row.public_id))

    assert page.status_code == 403


def test_on_team_nobody_may_look(team: Stage) -> None:
    row = team.conversation()

    client = team.owner.client()

    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}{row.public_id}/").status_code == 403


def test_a_forged_cursor_is_refused(stage: Stage) -> None:
    page = stage.owner.client().get(f"{URL}?after=nonsense")

    assert page.status_code == 400


def test_a_full_page_needs_few_queries(
    lasting: Stage, django_assert_max_num_queries
) -> None:
    lasting.bulk(120, age=3)
    lasting.bulk(20, age=3, owner=lasting.other)
    client = lasting.owner.client()
    client.get(URL)

    with django_assert_max_num_queries(16):
        page = client.get(URL)

    assert "Next 50" in page.content.decode()


def _hold(stage: Stage, *conversation_ids: int) -> None:
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        conversation_ids=conversation_ids,
        at=NOON,
    )
