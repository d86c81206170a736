"""What an owner changes on a page holds for the next decision, in the same words."""

import html

import pytest
from django.test import Client

from tests import cast
from tests.cast import Person
from tests.workspaces.access.making import a_group, a_role
from tests.workspaces.access.test_changing import BASELINE, save
from tests.workspaces.decisions.asking import FrontEnd
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


def test_a_switch_of_the_workspace(front: FrontEnd, jun: Person, owner: Client) -> None:
    question = (jun.user.email, "use", "feature", "memory.use")
    before = front.may(*question)

    save(owner, BASELINE, **{"memory.use": "off"})

    after = front.decides(*question)
    assert (before, after["decision"]) == (True, False)
    assert after["context"]["reason_user"] == {
        "403": "“Memory” is off. Set by the workspace."
    }


def test_a_ceiling_of_the_workspace(
    front: FrontEnd, jun: Person, owner: Client
) -> None:
    def may(level: str) -> bool:
        who = jun.user.email
        return front.may(who, "use", "feature", "gpts.share", level=level)

    before = [may("invite_only"), may("workspace"), may("gpt_store")]
    save(owner, BASELINE, **{"gpts.share": "invite_only"})
    after = [may("invite_only"), may("workspace"), may("gpt_store")]

    assert before == [True, True, False]
    assert after == [True, False, False]


def test_a_role_that_a_group_carries(
    where: WorkspaceRef, front: FrontEnd, jun: Person, owner: Client
) -> None:
    question = (jun.user.email, "use", "feature", "link_sharing.use")
    role = a_role(where, "Researchers", LINK_SHARING="on")
    group = a_group(where, "Laboratory", jun.membership)
    before = front.may(*question)

    url = f"/w/halden-engineering/roles/{role.public_id}/groups/"
    answer = owner.post(url, {"group": group.name})

    after = front.decides(*question)
    assert answer.status_code == 302
    assert (before, after["decision"]) == (False, True)
    assert "through the group “Laboratory”" in after["context"]["reason_user"]["200"]


def test_the_page_of_effective_access_says_the_same(
    front: FrontEnd, jun: Person, owner: Client
) -> None:
    save(owner, BASELINE, **{"web_search.use": "off", "gpts.share": "none"})
    member = jun.membership.public_id

    page = owner.get(f"/w/halden-engineering/members/{member}/access/")

    shown = html.unescape(page.content.decode())
    for feature in ("web_search.use", "memory.use"):
        context = front.decides(str(member), "use", "feature", feature)["context"]
        (reason,) = context["reason_user"].values()
        assert reason in shown
