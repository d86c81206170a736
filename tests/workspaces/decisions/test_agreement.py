"""The decision API answers what the screens show, for members made by chance."""

from typing import Any

import pytest

from kit import scoping
from tests.workspaces.decisions import worlds
from tests.workspaces.decisions.asking import EVALUATIONS, FrontEnd, asked
from workspaces.access import selectors as access
from workspaces.access.features import Feature, levels_of
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

_LEVELED = (Feature.GPTS_SHARE, Feature.GPTS_THIRD_PARTY)


@pytest.fixture(params=[1, 7, 42])
def members(where: WorkspaceRef, request: Any) -> list[Membership]:
    return worlds.fill(where, seed=request.param)


def _decided(front: FrontEnd, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for first in range(0, len(questions), 200):
        body = {"evaluations": questions[first : first + 200]}
        found += front.post(EVALUATIONS, body).json()["evaluations"]
    return found


def _opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )


def test_every_feature_of_every_member(
    where: WorkspaceRef, front: FrontEnd, members: list[Membership]
) -> None:
    questions = [
        asked(str(one.public_id), "use", "feature", feature.value)
        for one in members
        for feature in Feature
    ]

    decided = iter(_decided(front, questions))

    with _opened(where):
        for member in members:
            for verdict in access.effective(member=member).values():
                found = next(decided)
                value = found["context"]["value"]
                expected = verdict.value
                assert found["decision"] is verdict.allowed
                assert verdict.reason in found["context"]["reason_user"].values()
                assert (frozenset(value) if isinstance(value, list) else value) == (
                    expected
                )


def test_every_level_and_model_of_every_member(
    where: WorkspaceRef, front: FrontEnd, members: list[Membership]
) -> None:
    wanted = [(one, level) for one in _LEVELED for level in levels_of(one)]
    names = [(Feature.MODELS, name) for name in (*worlds.MODELS, "*", "unheard-of")]
    questions = []
    for member in members:
        who = str(member.public_id)
        questions += [
            asked(who, "use", "feature", feature.value, level=level)
            for feature, level in wanted
        ]
        questions += [asked(who, "use", "model", name) for _feature, name in names]

    decided = iter(_decided(front, questions))

    with _opened(where):
        for member in members:
            for feature, one in (*wanted, *names):
                verdict = access.decide(member=member, feature=feature, wanted=one)
                assert next(decided)["decision"] is verdict.allowed


@pytest.mark.parametrize("feature", ["web_search.use", "gpts.create", "models.use"])
def test_searches_find_exactly_who_and_what_is_permitted(
    where: WorkspaceRef, front: FrontEnd, members: list[Membership], feature: str
) -> None:
    resource = {"type": "feature", "id": feature}
    body = {"subject": {"type": "user"}, "action": {"name": "use"}}

    found = front.finds("subject", {**body, "resource": resource, "page": {"limit": 3}})

    with _opened(where):
        expected = {
            str(one.public_id)
            for one in members
            if access.decide(member=one, feature=Feature(feature)).allowed
        }
        assert {one["id"] for one in found} == expected
        assert len(found) == len(expected)
        someone = members[-1]
        usable = {
            feature.value
            for feature, verdict in access.effective(member=someone).items()
            if verdict.allowed
        }
    body = {
        "subject": {"type": "user", "id": str(someone.public_id)},
        "action": {"name": "use"},
        "resource": {"type": "feature"},
    }
    assert {one["id"] for one in front.finds("resource", body)} == usable
