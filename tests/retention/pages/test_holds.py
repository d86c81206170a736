"""Holds: seeing, placing after a count, releasing with the matter typed."""

from typing import Any
from uuid import uuid4

import pytest

from retention.holds import selectors, services
from retention.holds.models import Hold
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage
from tests.retention.pages.conftest import MATTER, hold_of_one

URL = "/w/halden-engineering/holds/"


def _asked(stage: Stage, **more: str) -> dict[str, Any]:
    return {
        "matter": MATTER,
        "members": stage.member.membership.email.upper() + "\n\n",
        "conversations": "",
        **more,
    }


def _holds(stage: Stage) -> list[Hold]:
    with stage.scope():
        return list(selectors.holds().order_by("id"))


def test_without_holds_the_page_teaches_what_one_is(stage: Stage) -> None:
    page = stage.officer.client().get(URL).content.decode()

    assert "No holds" in page
    assert "Place a hold" in page


def test_an_admin_sees_holds_and_why_they_cannot_place_one(stage: Stage) -> None:
    found = hold_of_one(stage)
    client = cast.admin(stage.workspace).client()

    listed = client.get(URL).content.decode()
    page = client.get(f"{URL}{found.public_id}/").content.decode()

    assert MATTER in listed
    assert "aria-disabled" in listed
    assert "You can look, and not release" in page
    assert client.get(f"{URL}place/").status_code == 403


def test_counting_changes_nothing(stage: Stage) -> None:
    stage.conversation()
    stage.conversation()

    page = stage.officer.client().post(f"{URL}place/", _asked(stage, step="preview"))

    assert "Place the hold on 2 conversations" in page.content.decode()
    assert _holds(stage) == []


def test_the_officer_places_a_hold(stage: Stage) -> None:
    stage.conversation()

    page = stage.officer.client().post(
        f"{URL}place/", _asked(stage, step="place"), follow=True
    )

    assert "It keeps 1 conversation from every purge" in page.content.decode()
    assert [hold.placed_by for hold in _holds(stage)] == [stage.officer.actor.id]


def test_a_hold_names_conversations_by_id(stage: Stage) -> None:
    row = stage.conversation(owner=stage.other)

    page = stage.officer.client().post(
        f"{URL}place/",
        _asked(stage, members="", conversations=str(row.public_id), step="place"),
        follow=True,
    )

    assert str(row.public_id) in page.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"members": "nobody@halden.example"}, "is no member of this workspace"),
        ({"members": ""}, "Name at least one member or conversation"),
        ({"matter": ""}, "Name the matter."),
        ({"conversations": "seven"}, "“seven” is no id of a conversation."),
        ({"conversations": str(uuid4())}, "There is no conversation"),
    ],
)
def test_bad_input_is_refused_in_words(
    stage: Stage, change: dict[str, str], sentence: str
) -> None:
    page = stage.officer.client().post(
        f"{URL}place/", _asked(stage, step="place", **change)
    )

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert _holds(stage) == []


def test_a_hold_narrows_to_kinds_and_dates(stage: Stage) -> None:
    stage.conversation(age=200)
    stage.conversation(age=10)
    narrowed = {"kinds": ["conversations"], "from_day": "2026-01-01"}

    page = stage.officer.client().post(
        f"{URL}place/",
        {**_asked(stage, step="place", reference="LIT-7"), **narrowed},
        follow=True,
    )

    text = page.content.decode()
    assert "only conversations, from 1 Jan 2026" in text
    assert "LIT-7" in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"from_day": "2026-02-01", "until_day": "2026-01-01"}, "before the first"),
        ({"kinds": ["secrets"]}, "secrets"),
        ({"projects": str(uuid4())}, "There is no project"),
        ({"gpts": "seven"}, "“seven” is no id of a GPT."),
    ],
)
def test_bad_narrowing_is_refused_in_words(
    stage: Stage, change: dict[str, Any], sentence: str
) -> None:
    page = stage.officer.client().post(
        f"{URL}place/", {**_asked(stage, step="place"), **change}
    )

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert _holds(stage) == []


def test_more_is_counted_and_then_joins_the_hold(stage: Stage) -> None:
    found = hold_of_one(stage)
    stage.conversation(owner=stage.other)
    client = stage.officer.client()
    asked = {"members": stage.other.membership.email}

    counted = client.post(f"{URL}{found.public_id}/add/", {**asked, "step": "preview"})
    page = client.post(
        f"{URL}{found.public_id}/add/", {**asked, "step": "place"}, follow=True
    )

    assert "Hold these 1 conversation as well" in counted.content.decode()
    assert stage.other.membership.email in page.content.decode()
    again = client.post(f"{URL}{found.public_id}/add/", {**asked, "step": "place"})
    assert again.status_code == 422


def test_the_text_of_a_matter_changes_and_what_it_covers_does_not(
    stage: Stage,
) -> None:
    found = hold_of_one(stage)
    asked = {"matter": "Brennan II", "reference": "LIT-8", "description": "The harbor"}

    page = stage.officer.client().post(
        f"{URL}{found.public_id}/edit/", asked, follow=True
    )

    text = page.content.decode()
    assert "Brennan II" in text
    assert "The harbor" in text
    assert b"harbor" not in bytes(_holds(stage)[0].description or b"")


def test_the_grace_after_a_release_is_set_for_the_workspace(stage: Stage) -> None:
    client = stage.officer.client()

    page = client.post(f"{URL}grace/", {"days": "14"}, follow=True)
    refused = client.post(f"{URL}grace/", {"days": "29"})

    assert "protected for 14 days more" in page.content.decode()
    assert refused.status_code == 422


def test_the_search_counts_by_metadata_and_leads_to_the_form(stage: Stage) -> None:
    stage.conversation(age=200)
    stage.conversation(stage.other, age=5)
    client = stage.officer.client()

    page = client.get(
        f"{URL}find/", {"from_day": "2026-02-20", "kinds": "conversations"}
    )
    empty = client.get(f"{URL}find/", {"until_day": "2001-01-01"})
    bad = client.get(f"{URL}find/", {"members": "nobody@halden.example"})

    text = page.content.decode()
    assert "Who has it" in text
    assert "Salary bands" not in text
    assert "lena.okafor%40halden.example" in text
    assert "Nothing matches" in empty.content.decode()
    assert bad.status_code == 422


def test_the_search_needs_few_queries(
    stage: Stage, django_assert_max_num_queries
) -> None:
    for _number in range(5):
        stage.conversation(age=1)
    client = stage.officer.client()
    client.get(f"{URL}find/", {"dates_of": "life"})

    with django_assert_max_num_queries(14):
        client.get(f"{URL}find/", {"dates_of": "life"})


def test_what_was_found_is_filled_in(stage: Stage) -> None:
    page = stage.officer.client().get(
        f"{URL}place/", {"members": "a@halden.example", "kinds": "memories"}
    )

    text = page.content.decode()
    assert "a@halden.example" in text
    assert 'value="memories" checked' in " ".join(text.split()) or "checked" in text


def test_on_team_nobody_searches_what_members_have(team: Stage) -> None:
    page = team.officer.client().get(f"{URL}find/")

    assert page.status_code == 403


def test_pages_of_a_hold_on_team_lead_to_nothing_that_members_wrote(
    team: Stage,
) -> None:
    row = team.conversation(age=1)
    found = services.place(
        actor=team.officer.actor,
        workspace=team.workspace,
        matter=MATTER,
        conversation_ids=[row.pk],
        at=NOON,
    )
    client = team.officer.client()

    page = client.get(f"{URL}{found.public_id}/")

    text = page.content.decode()
    assert str(row.public_id) in text
    assert "Salary bands" not in text
    assert f"/conversations/{row.public_id}/" not in text
    assert (
        client.get(f"/w/halden-engineering/conversations/{row.public_id}/").status_code
        == 403
    )


def test_strangers_and_members_are_kept_out(stage: Stage) -> None:
    found = hold_of_one(stage)
    stranger = cast.owner(cast.elsewhere()).client()
    member = stage.member.client()

    one = f"{found.public_id}/"
    for path in ("", "place/", "grace/", "find/", one, f"{one}edit/", f"{one}add/"):
        assert stranger.get(URL + path).status_code == 404
        assert member.get(URL + path).status_code == 403
    assert stage.officer.client().get(f"{URL}{uuid4()}/").status_code == 404


def test_many_holds_need_few_queries(
    stage: Stage, django_assert_max_num_queries
) -> None:
    for _number in range(12):
        hold_of_one(stage)
    client = stage.officer.client()
    client.get(URL)

    with django_assert_max_num_queries(17):
        client.get(URL)
