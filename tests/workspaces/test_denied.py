"""What members, keys and tokens are refused stands in the audit log."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.denials.tasks import gather_denials
from audit.log import details
from audit.log.models import AuditDetail, AuditEntry
from audit.log.selectors import log_of
from kit import clock, scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.keys.models import TokenScope
from workspaces.keys.services import api_keys, scim_tokens
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "vault"])

KEYED = "/v1/audit/events"


@dataclass(frozen=True)
class Refused:
    """One entry of a refusal, opened."""

    target_kind: str
    attempts: int
    fields: dict[str, Any]

    @property
    def why(self) -> tuple[str, str, str]:
        """What was asked for, why it was refused, what was missing."""
        get = self.fields.get
        return get("detail.act"), get("detail.because"), get("detail.permission", "")


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    with clock.fixed_at(NOON):
        yield


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


def refused(organization: OrganizationRef) -> list[Refused]:
    with scoping.organization(organization_id=organization.id):
        log = log_of(organization_id=organization.id)
        found = []
        for row in AuditEntry.objects.order_by("id"):
            leaf = json.loads(bytes(row.leaf))
            if leaf["outcome"] != "refused":
                continue
            fields = {
                one.name: one.value
                for part in AuditDetail.objects.filter(entry_id=row.pk)
                for one in details.opened(
                    part.sealed,
                    leaf_id=leaf["id"],
                    part=part.part,
                    key_id=log.key_id,
                )
            }
            found.append(
                Refused(leaf["target_kind"], leaf["counts"]["attempts"], fields)
            )
    return found


def bearer(secret: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def key(where: WorkspaceRef, **options: Any) -> str:
    issued = api_keys.issue(
        organization=where.organization,
        **{
            "actor": OPERATOR,
            "workspace": where,
            "name": "Nightly",
            "scopes": ["intake.write"],
            "at": NOON,
            **options,
        },
    )
    return str(issued.secret)


def token(where: WorkspaceRef, **options: Any) -> str:
    issued = scim_tokens.issue(actor=OPERATOR, workspace=where, at=NOON, **options)
    return str(issued.secret)


def test_a_missing_permission(where: WorkspaceRef) -> None:
    member = cast.member(where)

    for _time in range(3):
        answer = member.client().get(f"/w/{where.slug}/members/?q=mara")
        assert answer.status_code == 403

    (one,) = refused(where.organization)
    assert (one.target_kind, one.attempts) == ("workspace", 1)
    assert one.why == ("GET workspaces:members-list", "permission", "members.view")
    assert one.fields["actor_id"] == str(member.user.public_id)
    assert one.fields["ip"] == "127.0.0.1"
    assert "mara" not in json.dumps(one.fields).replace(member.user.email, "")


def test_another_tenants_address_stands_in_ones_own_log(where: WorkspaceRef) -> None:
    elsewhere, client = cast.elsewhere(), cast.member(where).client()

    assert client.get(f"/w/{elsewhere.slug}/members/").status_code == 404

    (one,) = refused(where.organization)
    assert one.why == ("GET workspaces:members-list", "tenant", "")
    assert elsewhere.slug not in json.dumps(one.fields)
    assert refused(elsewhere.organization) == []


def test_so_does_another_organizations(where: WorkspaceRef) -> None:
    elsewhere, client = cast.elsewhere(), cast.owner(where).client()
    slug = elsewhere.organization.slug

    assert client.get(f"/o/{slug}/audit/").status_code == 404

    (one,) = refused(where.organization)
    assert one.why[1] == "tenant"
    assert refused(elsewhere.organization) == []


def test_a_network_that_people_may_not_come_from(where: WorkspaceRef) -> None:
    client = cast.member(where).client()
    with scoping.organization(organization_id=where.organization.id):
        Organization.objects.update(portal_networks=["192.0.2.0/24"])

    assert client.get("/me/").status_code in {403, 404}
    assert client.get(f"/w/{where.slug}/members/").status_code == 403

    assert {one.why[1] for one in refused(where.organization)} == {"network"}


def test_a_scope_that_a_key_lacks(where: WorkspaceRef) -> None:
    secret = key(where)

    assert Client().get(KEYED, headers=bearer(secret)).status_code == 403

    (one,) = refused(where.organization)
    assert one.target_kind == "api_key"
    assert one.why[1:] == ("scope", "audit.read")
    assert secret not in json.dumps(one.fields)


def test_a_key_that_is_used_too_often(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.keys.limits.wait_of", lambda **_: 7)

    assert Client().get(KEYED, headers=bearer(key(where))).status_code == 429

    (one,) = refused(where.organization)
    assert one.why[1] == "limit"


def test_a_token_from_a_network_it_may_not_use(where: WorkspaceRef) -> None:
    secret = token(where, allowed_networks=["192.0.2.0/24"])
    url = f"/scim/v2/{where.public_id}/Users"

    assert Client().get(url, headers=bearer(secret)).status_code == 403

    (one,) = refused(where.organization)
    assert (one.target_kind, one.why[1]) == ("scim_token", "network")


def test_a_token_at_another_tenants_address(where: WorkspaceRef) -> None:
    elsewhere = cast.elsewhere()
    url = f"/scim/v2/{elsewhere.public_id}/Users"

    assert Client().get(url, headers=bearer(token(where))).status_code == 401

    (one,) = refused(where.organization)
    assert (one.target_kind, one.why[1]) == ("scim_token", "tenant")
    assert refused(elsewhere.organization) == []


def test_a_token_that_may_not_write_groups(where: WorkspaceRef) -> None:
    secret = token(where, scope=TokenScope.USERS)
    url = f"/scim/v2/{where.public_id}/Groups"

    status = Client().get(url, headers=bearer(secret)).status_code

    assert len(refused(where.organization)) == (1 if status == 403 else 0)


@pytest.mark.parametrize("path", ["/v1/audit/events", "/w/halden-engineering/members/"])
def test_strangers_leave_nothing(where: WorkspaceRef, path: str) -> None:
    Client().get(path, headers=bearer("cst_key_guessed"))

    assert refused(where.organization) == []


def test_what_was_let_in_leaves_nothing(where: WorkspaceRef) -> None:
    cast.owner(where).client().get(f"/w/{where.slug}/members/")
    secret = key(where, scopes=["audit.read"])
    assert Client().get(KEYED, headers=bearer(secret)).status_code == 200

    assert refused(where.organization) == []


def test_a_refusal_that_cannot_be_recorded_stays_a_refusal(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(**_given: Any) -> None:
        raise details.DetailsAreGone

    monkeypatch.setattr("audit.denials.services.note", gone)
    client = cast.member(where).client()

    assert client.get(f"/w/{where.slug}/members/").status_code == 403


def test_the_minute_passes(where: WorkspaceRef) -> None:
    client = cast.member(where).client()
    for second in (0, 10, 20):
        with clock.fixed_at(NOON + timedelta(seconds=second)):
            client.get(f"/w/{where.slug}/members/")

    with clock.fixed_at(NOON + timedelta(seconds=70)):
        gather_denials()

    assert [one.attempts for one in refused(where.organization)] == [1, 2]
