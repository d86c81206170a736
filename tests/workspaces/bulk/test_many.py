"""Changing many members at once: counted first, then done, nobody skipped unsaid."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from kit import clock, scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.access.models import CustomRole, RoleAssignment, RoleGrant
from workspaces.bulk import services
from workspaces.bulk.acts import Act, Order
from workspaces.bulk.views import job_tasks
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.members import services as members
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

PAGE = "/w/halden-engineering/members/change/"


@pytest.fixture(autouse=True)
def _bell(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(job_tasks, "ring", lambda: None)
    return


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def crowd(where: WorkspaceRef) -> list[Membership]:
    return [
        cast.person(where, f"person{number}@halden.example").membership
        for number in range(4)
    ]


def preview(client: Client, act: str, **asked: Any) -> Any:
    value = {f"to-{act}": asked.pop("value", "")}
    return client.post(f"{PAGE}preview/", {"to-act": act, **value, **asked})


def confirm(client: Client, answer: Any, **more: str) -> Any:
    found = re.search(r'name="plan" value="([^"]+)"', answer.content.decode())
    assert found
    return client.post(f"{PAGE}confirm/", {"plan": found[1], **more})


def finished(client: Client, answer: Any) -> tuple[str, str]:
    """The page of the job and its file."""
    jobs.run_due(clock=clock.now)
    page = client.get(answer["location"]).content.decode()
    file = client.get(f"{answer['location']}result/").content.decode()
    return page, file


def stands(where: WorkspaceRef) -> dict[str, tuple[str, str, str]]:
    with _open(where):
        rows = Membership.objects.values_list("email", "role", "seat", "status")
        return {row[0].partition("@")[0]: row[1:] for row in rows}


def test_the_chosen_ones_are_suspended_by_a_job(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    client = cast.owner(where).client()
    ids = [one.public_id for one in crowd[:2]]
    chosen = client.post(PAGE, {"whom": "chosen", "member": ids})

    shown = preview(client, "suspend", whom="chosen", member=ids)
    before = stands(where)
    answer = confirm(client, shown, reason="the project is over")

    assert "2 members are chosen" in chosen.content.decode()
    assert "Suspend 2 members" in shown.content.decode()
    assert before["person0"][2] == "active"
    page, file = finished(client, answer)
    assert "2 done, 0 left out" in page
    assert "person1@halden.example,done" in file
    after = stands(where)
    assert [after[f"person{n}"][2] for n in range(3)] == [
        "suspended",
        "suspended",
        "active",
    ]
    with scoping.organization(organization_id=where.organization.id):
        assert "project is over" not in str(Job.objects.get().arguments)


def test_all_that_fit_are_met_and_the_others_are_told(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    owner = cast.owner(where)
    with _open(where):
        Membership.objects.filter(pk=crowd[0].pk).update(source="scim")
        Membership.objects.filter(pk=crowd[1].pk).update(status="suspended")

    page = preview(owner.client(), "suspend", whom="all").content.decode()

    assert "Suspend 2 members" in page
    assert "5 members are chosen, 3 of them left out" in page
    for sentence in ("Kept by your identity provider", "have it already", "Yourself"):
        assert sentence in page


def test_filters_limit_whom_it_meets(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    client = cast.owner(where).client()

    shown = preview(
        client, "seat", value="code", whom="all", role="member", q="person1"
    )
    _page, file = finished(client, confirm(client, shown))

    assert "person1@halden.example,done" in file
    assert [s for _name, (_r, s, _st) in sorted(stands(where).items())].count(
        "code"
    ) == 1


def test_removing_needs_the_number_and_a_reason(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    client = cast.owner(where).client()
    shown = preview(client, "remove", whom="all", role="member")

    for more in ({}, {"typed": "3", "reason": "x"}, {"typed": "4"}):
        assert confirm(client, shown, **more).status_code == 422
    page, _file = finished(client, confirm(client, shown, typed="4", reason="closed"))

    assert "4 done" in page
    assert stands(where)["person3"][2] == "removed"


def test_only_owners_change_roles_and_one_owner_stays(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    owner, admin = cast.owner(where), cast.admin(where)
    refused = preview(admin.client(), "role", value="admin", whom="all")
    shown = preview(owner.client(), "role", value="member", whom="all", role="owner")

    assert refused.status_code == 422
    assert "The last owner" in shown.content.decode()
    assert "0 members" in shown.content.decode()


def test_who_may_do_more_is_left_out_also_by_custom_roles(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    cast.owner(where)
    admin = cast.admin(where)
    with _open(where):
        role = CustomRole.objects.create(
            workspace_id=where.id, name="R", folded_name="r", created_at=NOON
        )
        RoleGrant.objects.create(
            workspace_id=where.id, role=role, permission="holds.manage"
        )
        RoleAssignment.objects.create(
            workspace_id=where.id, role=role, membership=crowd[0], assigned_at=NOON
        )

    shown = preview(admin.client(), "suspend", whom="all")
    _page, file = finished(
        admin.client(), confirm(admin.client(), shown, reason="closed")
    )

    assert "They may do more than you" in shown.content.decode()
    assert "Suspend 3 members" in shown.content.decode()
    assert "person0@halden.example,left out" in file
    assert "mara.lindqvist@halden.example,left out" in file


def test_who_finds_no_seat_is_told(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    client = cast.owner(where).client()
    with _open(where):
        for one in crowd:
            members.suspend(
                actor=OPERATOR, workspace=where, member=one.public_id, at=NOON
            )
    members.set_seats(actor=OPERATOR, workspace=where, limit=3, default="chat", at=NOON)

    shown = preview(client, "reactivate", whom="all", status="suspended")
    page, file = finished(client, confirm(client, shown))

    assert "Let back in 2 members" in shown.content.decode()
    assert "No seat is free" in shown.content.decode()
    assert "2 done, 2 left out" in page
    assert "seats of Halden Engineering are taken" in file


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"whom": "chosen", "member": ["nonsense", ""]},
        {"whom": "chosen", "member": ["x"] * 501},
        {"whom": "all", "role": "king"},
        {"whom": "all", "q": "x" * 300},
    ],
)
def test_nobody_and_nonsense_are_refused(
    where: WorkspaceRef, sent: dict[str, Any]
) -> None:
    client = cast.owner(where).client()

    assert client.post(PAGE, sent).status_code == 422
    assert preview(client, "suspend", **sent).status_code == 422


@pytest.mark.parametrize("act", ["", "explode", "role", "seat"])
def test_an_act_without_its_value_is_refused(
    where: WorkspaceRef, crowd: list[Membership], act: str
) -> None:
    answer = preview(cast.owner(where).client(), act, value="sofa", whom="all")

    assert answer.status_code == 422


@pytest.mark.parametrize("plan", ["", "x", "e30:1x:abc"])
def test_what_was_not_shown_here_is_not_done(where: WorkspaceRef, plan: str) -> None:
    client = cast.owner(where).client()

    assert client.post(f"{PAGE}confirm/", {"plan": plan}).status_code == 422


def test_members_of_another_workspace_are_nobody(where: WorkspaceRef) -> None:
    stranger = cast.person(cast.elsewhere(), "vera@brennan.example")

    page = preview(
        cast.owner(where).client(),
        "suspend",
        whom="chosen",
        member=[stranger.membership.public_id],
    )

    assert "0 members are chosen" in page.content.decode()


def test_doing_it_twice_is_as_good_as_once(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    owner = cast.owner(where)
    for _time in range(2):
        lines = list(
            services.carry_out(
                actor=owner.actor,
                workspace=where,
                ids=[one.pk for one in crowd],
                order=Order(act=Act.REMOVE),
                reason="closed",
                at=NOON,
            )
        )
        assert [line.why for line in lines] == [""] * 4


def test_who_lost_the_right_meanwhile_changes_nothing(
    where: WorkspaceRef, crowd: list[Membership]
) -> None:
    owner, admin = cast.owner(where), cast.admin(where)
    client = admin.client()
    answer = confirm(client, preview(client, "suspend", whom="all"), reason="x")
    members.remove(
        actor=owner.actor, workspace=where, member=admin.membership.public_id, at=NOON
    )

    jobs.run_due(clock=clock.now)

    page = owner.client().get(answer["location"]).content.decode()
    assert "no member any more" in page
    assert stands(where)["person0"][2] == "active"


def _open(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
