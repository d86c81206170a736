"""Erasing in the browser: one's own under /me/, a leaver's in the portal."""

from uuid import uuid4

import pytest

from audit.erasure.models import AuditErasure
from retention.erasure import selectors, services, tasks
from retention.erasure.models import Erasure, ErasureState
from retention.holds import services as holds
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage
from workspaces.members.models import Membership

MINE = "/me/erasure/"
URL = "/w/halden-engineering/erasures/"


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(tasks, "ring", lambda: found.append(1))
    return found


def _rows(stage: Stage) -> list[Erasure]:
    with stage.scope():
        return list(Erasure.objects.order_by("id"))


def _left(stage: Stage) -> None:
    with stage.scope():
        Membership.objects.filter(pk=stage.other.membership.pk).update(status="removed")


def test_the_page_counts_before_anything_changes(stage: Stage) -> None:
    stage.conversation(age=1)

    page = stage.member.client().get(MINE)

    assert "What is stored now" in page.content.decode()
    assert _rows(stage) == []


def test_typing_ones_address_asks_for_it_and_rings(stage: Stage, rings) -> None:
    stage.conversation(age=1)

    page = stage.member.client().post(
        MINE, {"typed_name": stage.member.user.email}, follow=True
    )

    assert "Hiding" in page.content.decode()
    assert [row.state for row in _rows(stage)] == [ErasureState.HIDING]
    assert rings == [1]


def test_another_address_changes_nothing(stage: Stage) -> None:
    page = stage.member.client().post(MINE, {"typed_name": "me"})

    assert page.status_code == 422
    assert _rows(stage) == []


def test_a_request_is_withdrawn_by_its_member_alone(stage: Stage) -> None:
    row = services.request_own(
        actor=stage.member.actor, workspace=stage.workspace, at=NOON
    )
    path = f"{MINE}{row.public_id}/withdraw/"

    assert stage.other.client().post(path).status_code == 404
    assert stage.member.client().post(path).status_code == 302
    assert stage.member.client().post(f"{MINE}{uuid4()}/withdraw/").status_code == 404
    assert [row.state for row in _rows(stage)] == [ErasureState.WITHDRAWN]


def test_an_admin_erases_what_a_leaver_stored(stage: Stage) -> None:
    stage.conversation(stage.other, age=1)
    _left(stage)
    member = stage.other.membership
    path = f"{URL}member/{member.public_id}/"
    client = cast.admin(stage.workspace).client()

    asked = client.get(path)
    page = client.post(
        path, {"typed_name": member.email, "reason": "By letter"}, follow=True
    )
    listed = client.get(URL)

    assert "What is stored now" in asked.content.decode()
    assert "By letter" in page.content.decode()
    assert (member.name or member.email) in listed.content.decode()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"typed_name": "lena", "reason": "r"}, "Type the address exactly"),
        ({"typed_name": "lena.okafor@halden.example", "reason": " "}, "Say why"),
    ],
)
def test_bad_input_is_refused_in_words(
    stage: Stage, answer: dict[str, str], sentence: str
) -> None:
    _left(stage)
    path = f"{URL}member/{stage.other.membership.public_id}/"

    page = cast.admin(stage.workspace).client().post(path, answer)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert _rows(stage) == []


def test_strangers_and_members_are_kept_out(stage: Stage) -> None:
    row = services.request_own(
        actor=stage.member.actor, workspace=stage.workspace, at=NOON
    )
    stranger = cast.owner(cast.elsewhere()).client()
    paths = (URL, f"{URL}{row.public_id}/", f"{URL}member/{uuid4()}/")

    for path in paths:
        assert stranger.get(path).status_code == 404
        assert stage.other.client().get(path).status_code == 403
    admin = cast.admin(stage.workspace).client()
    assert admin.get(f"{URL}{uuid4()}/").status_code == 404
    assert admin.get(f"{URL}member/{uuid4()}/").status_code == 404


def test_what_a_member_asked_for_no_admin_withdraws_by_page(stage: Stage) -> None:
    row = services.request_own(
        actor=stage.member.actor, workspace=stage.workspace, at=NOON
    )

    page = cast.admin(stage.workspace).client().get(f"{URL}{row.public_id}/")

    assert "Withdraw the request" not in page.content.decode()
    with stage.scope():
        assert selectors.open_for(membership_id=row.membership_id) is not None


def test_many_requests_need_few_queries(
    stage: Stage, django_assert_max_num_queries
) -> None:
    for number in range(8):
        person = cast.person(stage.workspace, f"p{number}@halden.example")
        services.request_own(actor=person.actor, workspace=stage.workspace, at=NOON)
    client = cast.admin(stage.workspace).client()
    client.get(URL)

    with django_assert_max_num_queries(14):
        client.get(URL)


def test_a_leaver_leaves_the_audit_log_as_well_where_no_hold_is(
    stage: Stage,
) -> None:
    _left(stage)
    page = f"{URL}member/{stage.other.membership.public_id}/"
    shown = stage.owner.client().get(page).content.decode()
    assert "Erase the person as well" in shown

    answer = stage.owner.client().post(
        page,
        {
            "typed_name": stage.other.membership.email,
            "reason": "GDPR, Art. 17",
            "from_log": "on",
        },
    )

    assert answer.status_code == 302
    services.work_due(at=NOON)
    with stage.scope():
        assert Erasure.objects.get().state == ErasureState.DONE
        assert AuditErasure.objects.count() == 1


def test_somebody_on_hold_stays_in_the_audit_log(stage: Stage) -> None:
    _left(stage)
    holds.place(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[stage.other.membership.pk],
        at=NOON,
    )

    answer = stage.owner.client().post(
        f"{URL}member/{stage.other.membership.public_id}/",
        {
            "typed_name": stage.other.membership.email,
            "reason": "GDPR, Art. 17",
            "from_log": "on",
        },
    )

    assert answer.status_code == 422
    assert "A legal hold is over this person" in answer.content.decode()
    assert _rows(stage) == []
