"""Changing what the workspace gives and what a role gives: seen first, then saved."""

import re
from typing import Any

import pytest
from django.test import Client

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.access.making import a_group, a_role, assign, opened, recorded
from workspaces.access import rules, selectors, services
from workspaces.access.features import Feature
from workspaces.access.models import Baseline, CustomRole
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

BASELINE = "/w/halden-engineering/roles/baseline/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


def role_url(role: CustomRole) -> str:
    return f"/w/halden-engineering/roles/{role.public_id}/settings/"


def sent(browser: Client, url: str, **changed: Any) -> dict[str, Any]:
    """All fields of the form as a browser sends them, with some changed."""
    form = browser.get(url).context["form"]
    found = {field.name: field.value() for field in form}
    return {name: value or "" for name, value in found.items() if value != []} | changed


def save(browser: Client, url: str, **changed: Any) -> Any:
    """Through the page that shows the difference, as a person goes."""
    shown = browser.post(url, sent(browser, url, **changed))
    assert shown.status_code == 200, shown.content.decode()
    page = shown.content.decode()
    fields: dict[str, Any] = {"step": "save"}
    for name, value in re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page
    ):
        fields.setdefault(name, []).append(value)
    return browser.post(url, fields)


def values(where: WorkspaceRef, role: CustomRole) -> dict[Feature, Any]:
    with opened(where):
        return dict(selectors.state(workspace=where).said[role.pk])


def test_the_baseline_is_shown_with_its_difference_first(
    where: WorkspaceRef, owner: Client, jun: Person
) -> None:
    sends = sent(owner, BASELINE, **{"memory.use": "off", "gpts.share": "gpt_store"})

    page = owner.post(BASELINE, sends).content.decode()

    assert "2 settings would change" in page
    assert "2 members lose it." in page
    assert "2 members get more." in page
    with opened(where):
        assert not Baseline.objects.exists()


def test_the_baseline_is_saved_and_recorded(
    where: WorkspaceRef, owner: Client, jun: Person
) -> None:
    answer = save(owner, BASELINE, **{"memory.use": "off", "models.use": "none"})

    assert answer.status_code == 302
    with opened(where):
        found = selectors.decide(member=jun.membership, feature=Feature.MEMORY_USE)
        assert not found
        assert selectors.baseline(feature=Feature.MODELS) == frozenset()
    assert recorded(where) == (
        "workspaces.baseline.changed",
        {"memory.use": ["on", "off"], "models.use": [["*"], []]},
    )


def test_what_the_plan_begins_with_needs_no_row(
    where: WorkspaceRef, owner: Client
) -> None:
    save(owner, BASELINE, **{"memory.use": "off"})

    save(owner, BASELINE, **{"memory.use": "on"})

    with opened(where):
        assert not Baseline.objects.exists()


def test_a_role_says_grants_and_is_recorded(
    where: WorkspaceRef, owner: Client, jun: Person
) -> None:
    role = a_role(where, "Researchers", WEB_SEARCH="off")
    assign(where, role, membership=jun.membership)

    save(
        owner,
        role_url(role),
        **{
            "web_search.use": "",
            "link_sharing.use": "on",
            "models.use": "only",
            "names": "gpt-5, o4",
            "grants": ["holds.view"],
        },
    )

    assert values(where, role) == {
        Feature.LINK_SHARING: "on",
        Feature.MODELS: frozenset({"gpt-5", "o4"}),
    }
    assert jun.actor.may(selectors.Permission.HOLDS_VIEW)
    assert recorded(where) == (
        "workspaces.custom_role.changed",
        {
            "grants": [[], ["holds.view"]],
            "link_sharing.use": [None, "on"],
            "models.use": [None, ["gpt-5", "o4"]],
            "web_search.use": ["off", None],
        },
    )


def test_the_difference_counts_members_through_groups(
    where: WorkspaceRef, owner: Client, jun: Person
) -> None:
    role = a_role(where, "Researchers")
    assign(where, role, group=a_group(where, "Lab", jun.membership))
    url = role_url(role)

    page = owner.post(
        url, sent(owner, url, **{"link_sharing.use": "on", "memory.use": "on"})
    ).content.decode()

    assert "1 member gets it." in page
    assert "No member has more or less by it today." in page
    assert "Default (Off)" in page


def test_editing_on_keeps_what_was_chosen(where: WorkspaceRef, owner: Client) -> None:
    sends = sent(owner, BASELINE, **{"memory.use": "off"})

    answer = owner.post(BASELINE, {**sends, "step": "edit"})

    assert answer.context["form"]["memory.use"].value() == "off"
    with opened(where):
        assert not Baseline.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({}, "nothing would change"),
        ({"memory.use": "loud"}, "loud"),
        ({"models.use": "only", "names": ""}, "Name at least one model."),
        ({"models.use": "only", "names": "*"}, "cannot be the name of a model"),
        ({"models.use": "only", "names": "\u202eevil"}, "cannot be the name"),
        ({"models.use": "only", "names": "x" * 101}, "cannot be the name"),
    ],
)
def test_bad_input_changes_nothing_and_says_why(
    where: WorkspaceRef, owner: Client, wrong: dict[str, str], sentence: str
) -> None:
    answer = owner.post(BASELINE, sent(owner, BASELINE, **wrong))

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with opened(where):
        assert not Baseline.objects.exists()


def test_a_permission_that_no_role_may_grant_is_refused(
    where: WorkspaceRef, owner: Client
) -> None:
    url = role_url(a_role(where, "Kings"))

    answer = owner.post(url, sent(owner, url, grants=["roles.manage"]))

    assert answer.status_code == 422


def test_who_may_change_something_must_see_it(
    where: WorkspaceRef, owner: Client
) -> None:
    url = role_url(a_role(where, "Holders"))

    answer = owner.post(url, sent(owner, url, grants=["holds.manage"]))
    both = owner.post(url, sent(owner, url, grants=["holds.manage", "holds.view"]))

    assert (answer.status_code, both.status_code) == (422, 200)
    assert "needs “See legal holds” as well" in answer.content.decode()


def test_who_changed_the_same_meanwhile_wins(
    where: WorkspaceRef, owner: Client
) -> None:
    url = role_url(a_role(where, "Researchers"))
    sends = sent(owner, url, **{"memory.use": "off"})
    seen = owner.post(url, sends).context["seen"]
    save(owner, url, **{"web_search.use": "off"})

    answer = owner.post(url, {**sends, "seen": seen, "step": "save"})

    assert answer.status_code == 409
    assert "Somebody changed the same meanwhile" in answer.content.decode()


def test_the_service_gives_no_more_than_its_caller_has(where: WorkspaceRef) -> None:
    """A key may change roles without holding what they grant."""
    actor = cast.owner(where).actor
    role = a_role(where, "Holders")
    narrow = type(actor)(
        kind=actor.kind,
        id=actor.id,
        label="key",
        permissions=frozenset({selectors.Permission.ROLES_MANAGE}),
    )

    with pytest.raises(services.GivesMoreThanYours):
        services.set_role(
            actor=narrow,
            workspace=where,
            role=role.public_id,
            values={},
            grants=frozenset({"holds.manage"}),
            seen=rules.mark({}),
            at=NOON,
        )


def test_the_api_platform_has_no_gpts_to_set() -> None:
    where = cast.workspace(plan="api")
    owner = cast.owner(where)

    form = owner.client().get(BASELINE).context["form"]

    assert not any(name.startswith("gpts.") for name in form.fields)
    with pytest.raises(services.NotOnThisPlan):
        services.set_baseline(
            actor=owner.actor,
            workspace=where,
            values={Feature.GPTS_USE: "on"},
            seen="",
            at=NOON,
        )


@pytest.mark.parametrize("who", ["admin", "officer", "analyst", "member"])
def test_only_owners_change_roles(where: WorkspaceRef, who: str) -> None:
    person = getattr(cast, who)(where)

    answer = person.client().post(BASELINE, {"memory.use": "off", "step": "save"})

    assert answer.status_code == 403
    assert "Who can: Owner" in answer.content.decode()


@pytest.mark.parametrize(
    ("level", "place"),
    [("invite_only", "/gpts/governance/ceilings/"), ("gpt_store", "/roles/")],
)
def test_only_a_lower_ceiling_leads_to_what_stands_above_it(
    owner: Client, level: str, place: str
) -> None:
    answer = save(owner, BASELINE, **{"gpts.share": level})

    assert answer["Location"] == f"/w/halden-engineering{place}"


def test_so_does_that_of_a_role(where: WorkspaceRef, owner: Client) -> None:
    role = a_role(where, "Researchers", GPTS_SHARE="workspace")

    answer = save(owner, role_url(role), **{"gpts.share": "none"})

    assert answer["Location"].endswith("/gpts/governance/ceilings/")
