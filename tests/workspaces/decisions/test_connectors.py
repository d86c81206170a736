"""Decisions about connectors are those of the members' pages, from the next one on."""

from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from tests.workspaces.connectors.conftest import set_up as set_up
from tests.workspaces.decisions import worlds
from tests.workspaces.decisions.asking import EVALUATIONS, FrontEnd, asked
from workspaces.access.models import Baseline
from workspaces.connectors import selectors
from workspaces.connectors.models import Connector
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

ACTIONS = ("files.read", "files.share", "unheard-of")
SLUGS = ("google-drive", "github", "slack")


@pytest.fixture
def where(where: WorkspaceRef) -> WorkspaceRef:
    """Members may use connectors, unless a test says otherwise."""
    with opened(where):
        Baseline.objects.create(
            workspace_id=where.id, feature="connectors.use", value="on"
        )
    return where


def test_a_setting_changes_the_next_decision(
    front: FrontEnd, jun: Person, set_up: SetUp
) -> None:
    question = (jun.user.email, "use", "connector", "google-drive")
    before = front.decides(*question)

    set_up()
    not_linked = front.decides(*question)
    may_link = front.may(jun.user.email, "link", "connector", "google-drive")
    linked(jun)
    after = front.decides(*question)
    set_up(is_allowed=False)
    cut = front.decides(*question)

    assert [one["decision"] for one in (before, not_linked, after, cut)] == [
        False,
        False,
        True,
        False,
    ]
    assert may_link
    assert "disabled by an admin" in before["context"]["reason_user"]["403"]
    assert "not signed in" in not_linked["context"]["reason_user"]["403"]
    assert after["context"]["value"] == "changes"


def test_actions_are_controlled_one_by_one(
    front: FrontEnd, jun: Person, set_up: SetUp
) -> None:
    set_up(action_control="read_only")
    linked(jun)

    def may(action: str) -> bool:
        return front.may(jun.user.email, "use", "connector_action", action)

    assert may("google-drive/files.read")
    assert not may("google-drive/files.share")
    assert not may("google-drive/unheard-of")


@pytest.mark.parametrize("resource", ["", "/", "x", "google-drive", "nothing/read"])
def test_what_is_no_action_is_unknown(
    front: FrontEnd, jun: Person, resource: str
) -> None:
    found = front.decides(jun.user.email, "use", "connector_action", resource)

    assert found["context"]["code"] == "unknown_resource"


@pytest.mark.parametrize("resource", ["", "\0", "nothing", "x" * 100, "Google-Drive"])
def test_what_is_no_connector_is_unknown(
    front: FrontEnd, jun: Person, resource: str
) -> None:
    found = front.decides(jun.user.email, "use", "connector", resource)

    assert found["context"]["code"] == "unknown_resource"


@pytest.mark.parametrize("seed", [3, 19])
def test_every_connector_and_action_of_every_member(
    where: WorkspaceRef, front: FrontEnd, set_up: SetUp, seed: int
) -> None:
    members = _world(where, set_up, seed=seed)
    pairs = [(slug, action) for slug in SLUGS for action in ("", *ACTIONS)]
    questions = [
        _asked(member, slug, action) for member in members for slug, action in pairs
    ]

    decided: list[dict[str, Any]] = []
    for first in range(0, len(questions), 200):
        body = {"evaluations": questions[first : first + 200]}
        decided += front.post(EVALUATIONS, body).json()["evaluations"]

    answers = iter(decided)
    with opened(where):
        for member in members:
            for slug, action in pairs:
                verdict = selectors.decide(member=member, connector=slug, action=action)
                found = next(answers)
                assert found["decision"] is verdict.allowed
                assert verdict.reason in found["context"]["reason_user"].values()


def test_searches_find_what_is_permitted(
    where: WorkspaceRef, front: FrontEnd, jun: Person, set_up: SetUp
) -> None:
    set_up()
    set_up("github")
    linked(jun)
    subject = {"type": "user", "id": jun.user.email}
    body: dict[str, Any] = {"subject": subject, "action": {"name": "use"}}

    usable = front.finds("resource", {**body, "resource": {"type": "connector"}})
    actions = front.finds(
        "resource", {**body, "resource": {"type": "connector_action"}}
    )
    linkable = front.finds(
        "resource",
        {**body, "action": {"name": "link"}, "resource": {"type": "connector"}},
    )
    who = front.finds(
        "subject",
        {
            "subject": {"type": "user"},
            "action": {"name": "use"},
            "resource": {"type": "connector", "id": "google-drive"},
        },
    )

    assert [one["id"] for one in usable] == ["google-drive"]
    assert {one["id"].partition("/")[0] for one in actions} == {"google-drive"}
    assert [one["id"] for one in linkable] == ["github", "google-drive"]
    assert [one["id"] for one in who] == [str(jun.membership.public_id)]


def test_a_batch_takes_as_many_queries_as_one(
    where: WorkspaceRef, front: FrontEnd, set_up: SetUp
) -> None:
    members = _world(where, set_up, seed=3)
    batch = [
        _asked(member, slug, action)
        for member in members
        for slug in SLUGS
        for action in ("", *ACTIONS)
    ]

    def queries(evaluations: list[Any]) -> int:
        with CaptureQueriesContext(connection) as seen:
            front.post(EVALUATIONS, {"evaluations": evaluations})
        return len(seen.captured_queries)

    queries(batch[:1])  # notes the use of the key
    connectors = [one for one in batch if one["resource"]["type"] == "connector"]
    assert queries(connectors) == queries(connectors[:1])


def _asked(member: Membership, slug: str, action: str) -> dict[str, Any]:
    who = str(member.public_id)
    if action:
        return asked(who, "use", "connector_action", f"{slug}/{action}")
    return asked(who, "use", "connector", slug)


def _world(where: WorkspaceRef, set_up: SetUp, *, seed: int) -> list[Membership]:
    """Members by chance, some of them linked, and connectors for some of them."""
    chance = Random(seed)
    with opened(where):
        Baseline.objects.all().delete()
    members = worlds.fill(where, seed=seed)
    for slug in SLUGS[:2]:
        set_up(slug, action_control=chance.choice(["all", "read_only"]))
        for member in chance.sample(members, 6):
            person = Person(user=member.user, membership=member, workspace=where)
            linked(person, slug, domain=chance.choice(["halden.example", "x.example"]))
    with opened(where):
        held = worlds.given(where)
        Connector.objects.filter(slug="google-drive").update(
            is_restricted=True,
            role_ids=held.role_ids[:2],
            group_ids=held.group_ids[:2],
            domains=["halden.example"],
        )
    return members
