"""The overview shows what is registered, the worst first."""

from datetime import datetime

import pytest

from kit import overview
from kit.actor import Actor
from kit.overview import Card, CardView, Status, Task
from kit.permissions import Permission
from tests import cast

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/"


@pytest.fixture(autouse=True)
def cards(monkeypatch: pytest.MonkeyPatch) -> None:
    people = overview._cards["people"]
    monkeypatch.setattr(overview, "_cards", {"people": people})


def card(status: Status, sentence: str, **more: object) -> Card:
    def build(actor: Actor, at: datetime) -> CardView:
        return CardView(
            status=status,
            sentence=sentence,
            template="components/stat.html",
            context={"name": sentence, "number": "7"},
            tasks=(Task(title="Renew it", action_url="/x/", action_label="Renew"),),
        )

    return Card(name=sentence, order=1, build=build, **more)


def test_all_is_well_until_a_card_says_otherwise() -> None:
    owner = cast.owner(cast.workspace()).client()
    assert "Everything is in order today" in owner.get(PAGE).content.decode()

    overview.register(card(Status.BAD, "The log is broken."))
    page = owner.get(PAGE).content.decode()

    assert "<h1>The log is broken</h1>" in page
    assert "1 thing waits for you." in page
    assert "Renew it" in page


def test_a_card_that_knows_no_address_names_a_page_of_the_workspace() -> None:
    task = Task(title="Look", page="audit:workspace-entries", action_label="Open")
    view = CardView(
        status=Status.BAD,
        sentence="The log is broken.",
        template="components/stat.html",
        context={"name": "Log", "number": "7"},
        tasks=(task,),
    )
    overview.register(Card(name="log", order=1, build=lambda _actor, _at: view))

    page = cast.owner(cast.workspace()).client().get(PAGE).content.decode()

    assert 'href="/w/halden-engineering/audit/"' in page
    assert "Nothing waits for you." not in page


def test_a_card_stays_hidden_from_who_may_not_see_it() -> None:
    overview.register(
        card(Status.OK, "Members only.", permission=Permission.MEMBERS_VIEW)
    )

    page = cast.analyst(cast.workspace()).client().get(PAGE).content.decode()

    assert "Members only." not in page
    assert "All members" not in page


def test_the_side_bar_names_nothing_that_the_plan_lacks() -> None:
    found = cast.workspace(plan="api")

    page = cast.owner(found).client().get("/w/halden-engineering/").content.decode()

    for place in ("gpts/", "gpts/governance/", "connectors/", "connections/"):
        assert f'href="/w/halden-engineering/{place}"' not in page
    assert 'href="/w/halden-engineering/members/"' in page
