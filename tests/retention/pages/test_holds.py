"""Holds: seeing, placing after a count, releasing with the matter typed."""

from typing import Any
from uuid import uuid4

import pytest

from retention.holds import selectors, services
from retention.holds.models import Hold
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage

URL = "/w/halden-engineering/holds/"
MATTER = "Brennan v. Halden"


def _hold(stage: Stage) -> Hold:
    return services.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter=MATTER,
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )


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
    found = _hold(stage)
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


def test_the_officer_releases_it_with_matter_and_reason(stage: Stage) -> None:
    found = _hold(stage)

    page = stage.officer.client().post(
        f"{URL}{found.public_id}/release/",
        {"typed_name": MATTER, "reason": "The matter is settled."},
        follow=True,
    )

    assert "Released" in page.content.decode()
    assert _holds(stage)[0].released_by == stage.officer.actor.id


@pytest.mark.parametrize(
    ("typed", "reason", "sentence"),
    [
        ("Brennan", "Settled.", "Type the matter exactly"),
        (MATTER, "  ", "Say why the hold is released."),
    ],
)
def test_a_release_without_matter_or_reason_changes_nothing(
    stage: Stage, typed: str, reason: str, sentence: str
) -> None:
    found = _hold(stage)

    page = stage.officer.client().post(
        f"{URL}{found.public_id}/release/", {"typed_name": typed, "reason": reason}
    )

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert _holds(stage)[0].released_at is None


def test_a_released_hold_is_not_released_again(stage: Stage) -> None:
    found = _hold(stage)
    answer = {"typed_name": MATTER, "reason": "Settled."}
    client = stage.officer.client()
    client.post(f"{URL}{found.public_id}/release/", answer)

    page = client.post(f"{URL}{found.public_id}/release/", answer)

    assert page.status_code == 422


def test_strangers_and_members_are_kept_out(stage: Stage) -> None:
    found = _hold(stage)
    stranger = cast.owner(cast.elsewhere()).client()
    member = stage.member.client()

    for path in ("", "place/", f"{found.public_id}/"):
        assert stranger.get(URL + path).status_code == 404
        assert member.get(URL + path).status_code == 403
    assert member.post(f"{URL}{found.public_id}/release/").status_code == 403
    assert stage.officer.client().get(f"{URL}{uuid4()}/").status_code == 404


def test_many_holds_need_few_queries(
    stage: Stage, django_assert_max_num_queries
) -> None:
    for _number in range(12):
        _hold(stage)
    client = stage.officer.client()
    client.get(URL)

    with django_assert_max_num_queries(16):
        client.get(URL)
