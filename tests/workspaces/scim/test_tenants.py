"""A token opens one workspace, and nothing of another is ever named there."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from audit.incidents import services as incidents
from audit.incidents.models import AuditIncident
from audit.incidents.rules import Kind
from audit.log import sequencer
from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.scim.provider import ERROR, Provider
from workspaces.keys.models import ScimToken
from workspaces.keys.services import scim_tokens
from workspaces.scim.views.endpoint import STRANGERS
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

JUN = "jun.takahashi@halden.example"
Make = Callable[..., Provider]


def outsiders(idp: Provider, other: Provider) -> dict[str, Provider]:
    return {
        "nobody": Provider(where=idp.where, token=""),
        "a guess": Provider(where=idp.where, token="custos_scim_guess"),
        "another workspace": Provider(where=idp.where, token=other.token),
    }


def test_no_token_a_wrong_one_and_anothers_are_the_same(
    idp: Provider, elsewhere: WorkspaceRef, provider_of: Make
) -> None:
    answers = {
        who: provider.send("GET", "/Users")
        for who, provider in outsiders(idp, provider_of(elsewhere)).items()
    }

    for who, answer in answers.items():
        assert answer.status_code == 401, who
        assert answer["WWW-Authenticate"].startswith("Bearer"), who
        assert answer.json()["schemas"] == [ERROR], who
    assert len({answer.content for answer in answers.values()}) == 1


def test_a_session_is_not_enough(idp: Provider) -> None:
    browser = cast.owner(idp.where).client()

    answer = browser.get(f"/scim/v2/{idp.where.public_id}/Users")

    assert answer.status_code == 401


def test_a_token_in_the_query_is_not_read(idp: Provider) -> None:
    address = f"/scim/v2/{idp.where.public_id}/Users"

    answer = Client().get(f"{address}?access_token={idp.token}&token={idp.token}")

    assert answer.status_code == 401


def test_no_answer_sets_a_cookie(idp: Provider) -> None:
    nobody = Provider(where=idp.where, token="")

    for answer in (idp.send("GET", "/Users"), nobody.send("GET", "/Users")):
        assert answer.cookies == {}
        assert "Set-Cookie" not in answer.headers


def test_a_revoked_and_an_expired_token_open_nothing(
    idp: Provider, clock: Callable[..., None]
) -> None:
    issued = scim_tokens.issue(actor=OPERATOR, workspace=idp.where, days=1, at=NOON)
    short = Provider(where=idp.where, token=issued.secret or "")
    assert short.send("GET", "/Users").status_code == 200

    clock(NOON + timedelta(days=2))

    assert short.send("GET", "/Users").status_code == 401


def test_a_token_for_users_does_nothing_to_groups(
    where: WorkspaceRef, provider_of: Make
) -> None:
    idp = provider_of(where, scope="users")

    jun = idp.user(JUN)

    assert idp.send("GET", "/Groups").status_code == 403
    assert idp.send("POST", "/Groups", {"displayName": "x"}).status_code == 403
    assert jun["userName"] == JUN


def test_a_token_is_used_from_its_networks_only(
    where: WorkspaceRef, provider_of: Make
) -> None:
    near = provider_of(where, allowed_networks=["127.0.0.0/8"])
    far = provider_of(where, allowed_networks=["192.0.2.0/24"])

    assert near.send("GET", "/Users").status_code == 200
    assert far.send("GET", "/Users").status_code == 403


@pytest.mark.django_db(transaction=True, databases=["default", "vault", "sequencer"])
def test_a_token_from_elsewhere_opens_an_incident_as_a_key_does(
    where: WorkspaceRef, provider_of: Make
) -> None:
    far = provider_of(where, allowed_networks=["192.0.2.0/24"])

    for _try in range(3):
        far.send("GET", "/Users")
    sequencer.run(at=NOON)
    incidents.detect_due(at=NOON)

    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        (token,) = ScimToken.objects.values_list("public_id", flat=True)
        (one,) = AuditIncident.objects.all()
    assert (one.kind, one.subject) == (Kind.KEY_OUTSIDE, str(token))


def test_an_organization_lets_programs_in_from_its_networks_only(
    idp: Provider,
) -> None:
    organization_id = idp.where.organization.id
    with scoping.organization(organization_id=organization_id):
        Organization.objects.filter(pk=organization_id).update(
            api_networks=["192.0.2.0/24"]
        )

    assert idp.send("GET", "/Users").status_code == 403


@pytest.mark.usefixtures("clock")
def test_strangers_are_limited_and_providers_are_not(idp: Provider) -> None:
    nobody = Provider(where=idp.where, token="")
    answers = [nobody.send("GET", "/Users") for _ in range(STRANGERS.most + 1)]

    assert {one.status_code for one in answers[:-1]} == {401}
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"] == "1"
    assert answers[-1].json()["schemas"] == [ERROR]
    assert idp.send("GET", "/Users").status_code == 200


def test_ids_of_another_workspace_are_not_there(
    idp: Provider, elsewhere: WorkspaceRef, provider_of: Make
) -> None:
    other = provider_of(elsewhere)
    theirs = other.user("vera@brennan.example")["id"]
    group = other.group("Kitchen", theirs)["id"]

    for path in (f"/Users/{theirs}", f"/Groups/{group}"):
        assert idp.send("GET", path).status_code == 404
        assert idp.send("DELETE", path).status_code == 404
        assert (
            idp.send("PUT", path, {"userName": "x", "displayName": "x"}).status_code
            == 404
        )
        answer = idp.patch(path, {"op": "replace", "value": {"displayName": "x"}})
        assert answer.status_code == 404

    assert other.members(group) == {theirs}


@pytest.mark.parametrize("way", ["create", "add", "replace", "put", "whole", "bulk"])
def test_a_member_of_another_workspace_is_nobody(
    idp: Provider, elsewhere: WorkspaceRef, provider_of: Make, way: str
) -> None:
    theirs = provider_of(elsewhere).user("vera@brennan.example")["id"]
    group = idp.group("Engineering")["id"]

    answers = [
        _name(idp, group, one, way) for one in (theirs, "0" * 32, "no such thing")
    ]

    shapes = set()
    for answer, one in zip(answers, (theirs, "0" * 32, "no such thing"), strict=True):
        assert answer["status"] == "400"
        assert answer["scimType"] == "invalidValue"
        shapes.add(answer["detail"].replace(one, "…"))
    assert len(shapes) == 1
    assert idp.members(group) == set()


def _name(idp: Provider, group: str, member: str, way: str) -> dict[str, str]:
    members = [{"value": member}]
    add = {"op": "add", "path": "members", "value": members}
    at = f"/Groups/{group}"
    if way == "create":
        return idp.send(
            "POST", "/Groups", {"displayName": "x", "members": members}
        ).json()
    if way == "put":
        return idp.send("PUT", at, {"displayName": "x", "members": members}).json()
    if way == "whole":
        return idp.patch(at, {"op": "replace", "value": {"members": members}}).json()
    if way == "bulk":
        one = {"method": "PATCH", "path": at, "data": {"Operations": [add]}}
        answer = idp.send("POST", "/Bulk", {"Operations": [one], "schemas": [_BULK]})
        return answer.json()["Operations"][0]["response"]
    return idp.patch(at, {**add, "op": way}).json()


_BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def test_a_search_finds_ones_own_people_only(
    idp: Provider, elsewhere: WorkspaceRef, provider_of: Make
) -> None:
    vera = "vera@brennan.example"
    provider_of(elsewhere).user(vera)

    assert idp.find("Users", f'userName eq "{vera}"') == []
    assert idp.find("Users", f'userName eq "{vera}" or title pr') == []
    assert idp.get("/")["totalResults"] == 0


def test_locations_come_from_the_settings_and_not_from_the_host(
    idp: Provider, settings: object
) -> None:
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]

    made = idp.send("POST", "/Users", {"userName": JUN}, Host="evil.example")

    assert "evil" not in made["Location"] + made.json()["meta"]["location"]
    assert made["Location"].startswith(settings.CUSTOS_BASE_URL)  # type: ignore[attr-defined]
