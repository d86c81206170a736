"""An organization sets for how long details are kept, and sees before what goes."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from audit import recording
from audit.expiry import rules, selectors
from audit.log import sequencer
from audit.recording import Target
from kit import scoping
from tests import cast
from tests.audit.conftest import AT
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

INTEGRITY = "/o/halden-instruments/audit/integrity/"
PAGE = f"{INTEGRITY}details/"


@pytest.fixture
def where(checkpoint_folder: Path) -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def mara(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def _record(where: WorkspaceRef, *ages: int) -> None:
    organization = where.organization
    actor = cast.owner(where).actor
    with scoping.organization(organization_id=organization.id):
        for age in ages:
            recording.record(
                actor=actor,
                action="retention.policy.set",
                target=Target(kind="policy", id=UUID(int=9)),
                organization_id=organization.id,
                at=AT - timedelta(days=age),
            )
    sequencer.seal(at=AT)


def _days(where: WorkspaceRef) -> int:
    with scoping.organization(organization_id=where.organization.id):
        return selectors.days()


def test_the_page_says_how_long_and_leads_to_the_change(
    where: WorkspaceRef, mara: Client
) -> None:
    page = mara.get(INTEGRITY).content.decode()

    assert "are kept for 400 days" in page
    assert f'action="{PAGE}"' in page
    assert (
        "Details of entries"
        not in mara.get("/w/halden-engineering/audit/integrity/").content.decode()
    )


def test_fewer_days_are_counted_before_they_take_anything(
    where: WorkspaceRef, mara: Client
) -> None:
    _record(where, 390, 350, 10)

    asked = mara.get(PAGE, {"days": "300"}).content.decode()

    assert "2 entries lose their details within minutes, for good" in asked
    assert "Keep details for 300 days instead of 400" in asked
    assert _days(where) == 400

    answer = mara.post(f"{PAGE}?days=300")
    assert (answer.status_code, answer["Location"]) == (302, INTEGRITY)
    assert _days(where) == 300
    assert "are kept for 300 days" in mara.get(INTEGRITY).content.decode()


def test_more_days_take_nothing(where: WorkspaceRef, mara: Client) -> None:
    _record(where, 200)

    asked = mara.get(PAGE, {"days": "800"}).content.decode()

    assert "Details that are gone stay gone" in asked
    assert mara.post(f"{PAGE}?days=800").status_code == 302
    assert _days(where) == 800


@pytest.mark.parametrize("days", ["89", "2558", "many", "", "9" * 40])
def test_other_days_are_refused_in_words(
    where: WorkspaceRef, mara: Client, days: str
) -> None:
    for answer in (mara.get(PAGE, {"days": days}), mara.post(f"{PAGE}?days={days}")):
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()
    assert mara.post(PAGE).status_code == 422
    assert mara.get(PAGE).status_code == 200
    assert _days(where) == 400


def test_a_member_may_not_and_a_stranger_sees_nothing(where: WorkspaceRef) -> None:
    member = cast.member(where).client()
    stranger = cast.owner(cast.elsewhere()).client()

    for client in (member, stranger):
        assert client.post(f"{PAGE}?days=120").status_code in {403, 404}
    assert stranger.get(PAGE).status_code == 404
    assert _days(where) == 400


@pytest.mark.parametrize(
    ("before", "after", "longer", "found"),
    [
        (900, 400, None, (900, AT)),
        (500, 400, 900, (900, AT)),  # twice within the grace: the longest counts
        (400, 500, None, (None, None)),
        (400, 500, 900, (900, AT - timedelta(days=1))),
        (400, 900, 900, (None, None)),
    ],
)
def test_it_is_known_from_how_many_days_it_was_shortened_and_when(
    before: int,
    after: int,
    longer: int | None,
    found: tuple[int | None, datetime | None],
) -> None:
    since = AT - timedelta(days=1) if longer else None

    assert found == rules.shortened(
        before=before, after=after, longer=longer, since=since, at=AT
    )
