"""Decisions about GPTs are those of the members' pages, from the next one on."""

from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.decisions import worlds
from tests.workspaces.decisions.asking import EVALUATIONS, FrontEnd, asked
from tests.workspaces.gpts.studio import baseline, ceiling, make, opened, schema
from workspaces.access.features import Feature
from workspaces.access.models import Baseline
from workspaces.gpts import selectors, services
from workspaces.gpts.levels import Visibility
from workspaces.gpts.models import ActionDomain, Gpt, GptPolicy, GptShare
from workspaces.gpts.rules import Act, Rights
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "vault"])

LEVELS = ("", "invite_only", "workspace", "gpt_store", "galaxy")


@pytest.fixture
def tomasz(where: WorkspaceRef) -> Person:
    return cast.admin(where)


def may(front: FrontEnd, who: Person, action: str, gpt: Gpt, **more: str) -> bool:
    return front.may(who.user.email, action, "gpt", str(gpt.public_id), **more)


def test_a_lowered_ceiling_changes_the_next_decision(
    where: WorkspaceRef, front: FrontEnd, jun: Person
) -> None:
    gpt = make(jun)
    before = [may(front, jun, "share", gpt, level=one) for one in LEVELS[1:4]]

    ceiling(where, "invite_only")

    after = [may(front, jun, "share", gpt, level=one) for one in LEVELS[1:4]]
    told = front.decides(
        jun.user.email, "share", "gpt", str(gpt.public_id), level="workspace"
    )
    assert before == [True, True, False]
    assert after == [True, False, False]
    assert told["context"]["reason_user"] == {
        "403": "You may share up to “Invited people and groups”. An owner can change"
        " that."
    }
    assert told["context"]["value"] == "invite_only"


def test_sharing_opens_it_for_the_recipient_alone(
    where: WorkspaceRef, front: FrontEnd, jun: Person, tomasz: Person
) -> None:
    gpt = make(jun)
    before = may(front, tomasz, "use", gpt)

    services.give(
        actor=jun.actor,
        workspace=where,
        gpt=gpt.public_id,
        rights=Rights.named("view_config"),
        email=tomasz.user.email,
        at=NOON,
    )

    acts = [may(front, tomasz, one.value, gpt) for one in Act]
    assert before is False
    assert acts == [True, True, False, False]
    assert not may(front, cast.owner(where), "use", gpt)


def test_one_that_reaches_nobody_looks_like_none(
    front: FrontEnd, jun: Person, tomasz: Person
) -> None:
    gpt = make(jun)
    question = (tomasz.user.email, "use", "gpt")

    theirs = front.decides(*question, str(gpt.public_id))

    assert theirs == front.decides(*question, str(uuid4()))
    assert theirs == front.decides(*question, "no id")
    assert theirs["context"]["code"] == "unknown_resource"


def test_that_of_another_tenant_looks_like_none(front: FrontEnd, jun: Person) -> None:
    sol = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    theirs = make(sol, level="workspace")
    question = (jun.user.email, "use", "gpt")

    answer = front.decides(*question, str(theirs.public_id))

    assert answer == front.decides(*question, str(uuid4()))


def test_one_from_outside_needs_its_approval(
    where: WorkspaceRef, front: FrontEnd, jun: Person, tomasz: Person
) -> None:
    question = (jun.user.email, "use", "third_party_gpt", "g-abc")
    before = front.decides(*question)

    services.approve_third_party(
        actor=tomasz.actor, workspace=where, external_id="g-abc", name="Chess", at=NOON
    )
    after = front.may(*question)
    body: dict[str, Any] = {
        "subject": {"type": "user", "id": jun.user.email},
        "action": {"name": "use"},
        "resource": {"type": "third_party_gpt"},
    }
    found = front.finds("resource", body)
    baseline(where, Feature.GPTS_THIRD_PARTY, "none")

    assert (before["decision"], after, front.may(*question)) == (False, True, False)
    assert "No admin has approved" in before["context"]["reason_user"]["403"]
    assert found == [{"type": "third_party_gpt", "id": "g-abc"}]


@pytest.mark.parametrize("seed", [5, 23])
def test_every_act_of_every_member_on_every_gpt(
    where: WorkspaceRef, front: FrontEnd, seed: int
) -> None:
    members, gpts = _world(where, seed=seed)
    wishes = [
        (member, gpt, act, level)
        for member in members
        for gpt in gpts
        for act in Act
        for level in (LEVELS if act is Act.SHARE else ("",))
    ]
    decided = _decided(front, wishes)

    with opened(where):
        for found, (member, gpt, act, level) in zip(decided, wishes, strict=True):
            verdict = selectors.decide(
                member=member, gpt=gpt.public_id, action=act, wanted_level=level
            )
            assert found["decision"] is verdict.allowed
            if found["context"]["code"] == "unknown_resource":
                assert selectors.holds_of(member=member, gpt=gpt) == ()
            else:
                assert verdict.reason in found["context"]["reason_user"].values()
                assert found["context"]["value"] == verdict.value


def test_searches_find_what_a_member_finds(
    where: WorkspaceRef, front: FrontEnd
) -> None:
    members, gpts = _world(where, seed=5)
    listed = {Visibility.WORKSPACE, Visibility.GPT_STORE, Visibility.ANYONE_WITH_LINK}
    member = members[3]
    body: dict[str, Any] = {
        "subject": {"type": "user", "id": str(member.public_id)},
        "action": {"name": "use"},
        "resource": {"type": "gpt"},
        "page": {"limit": 2},
    }

    found = {one["id"] for one in front.finds("resource", body)}

    with opened(where):
        usable = {
            str(gpt.public_id)
            for gpt in gpts
            if selectors.decide(member=member, gpt=gpt.public_id, action="use").allowed
        }
        by_link = {
            str(gpt.public_id)
            for gpt in gpts
            if gpt.visibility not in listed
            and all(
                one.ground == "visibility"
                for one in selectors.holds_of(member=member, gpt=gpt)
            )
        }
    assert found == usable - by_link


def test_a_batch_takes_as_many_queries_as_one(
    where: WorkspaceRef, front: FrontEnd
) -> None:
    members, gpts = _world(where, seed=5)
    batch = [
        asked(str(member.public_id), act.value, "gpt", str(gpt.public_id))
        for member in members[:6]
        for gpt in gpts
        for act in Act
    ][:200]

    def queries(evaluations: list[Any]) -> int:
        with CaptureQueriesContext(connection) as seen:
            front.post(EVALUATIONS, {"evaluations": evaluations})
        return len(seen.captured_queries)

    queries(batch[:1])  # notes the use of the key
    assert queries(batch) == queries(batch[:1])


def _decided(front: FrontEnd, wishes: list[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    questions = [
        asked(
            str(member.public_id),
            act.value,
            "gpt",
            str(gpt.public_id),
            **({"level": level} if level else {}),
        )
        for member, gpt, act, level in wishes
    ]
    for first in range(0, len(questions), 200):
        body = {"evaluations": questions[first : first + 200]}
        found += front.post(EVALUATIONS, body).json()["evaluations"]
    return found


def _world(where: WorkspaceRef, *, seed: int) -> tuple[list[Membership], list[Gpt]]:
    """Members by chance, and GPTs of an owner that are shared in every way."""
    chance = Random(seed)
    owner = cast.owner(where)
    texts: tuple[dict[str, Any], ...] = (
        {},
        {"schemas": (schema("https://api.tariffs.example/v1"),)},
        {"connectors": ("google-drive",)},
    )
    baseline(where, Feature.GPTS_CONNECTORS, "on")
    _allow(where, "tariffs.example")
    made = [make(owner, **texts[number % 3]) for number in range(9)]
    with opened(where):
        Baseline.objects.all().delete()
        ActionDomain.objects.all().delete()
    _allow(where, "other.example")
    members = worlds.fill(where, seed=seed)
    groups = worlds.given(where).group_ids
    with opened(where):
        GptPolicy.objects.create(
            workspace_id=where.id, allows_public=seed % 2 == 1, changed_at=NOON
        )
        for number, gpt in enumerate(made):
            _change(gpt, list(Visibility)[number % 5], chance.choice(members))
            for member in chance.sample(members, 2):
                _share(gpt, chance, membership=member)
            _share(gpt, chance, group_id=chance.choice(groups))
        return members, list(Gpt.objects.order_by("pk"))


def _allow(where: WorkspaceRef, domain: str) -> None:
    with opened(where):
        ActionDomain.objects.create(
            workspace_id=where.id, domain=domain, added_by="x", added_at=NOON
        )


def _change(gpt: Gpt, visibility: Visibility, owner: Membership) -> None:
    is_public = visibility in {Visibility.ANYONE_WITH_LINK, Visibility.GPT_STORE}
    Gpt.objects.filter(pk=gpt.pk).update(
        visibility=visibility, public_number=1 if is_public else None, owner=owner
    )


def _share(gpt: Gpt, chance: Random, **whom: Any) -> None:
    rights = Rights.named(chance.choice(["read", "view_config", "write"]))
    GptShare.objects.create(
        workspace_id=gpt.workspace_id,
        gpt=gpt,
        can_view_config=rights.can_view_config,
        can_write=rights.can_write,
        created_at=NOON,
        **whom,
    )
