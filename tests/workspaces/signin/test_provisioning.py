"""Becoming a member by signing in, roles by group, names that change."""

from typing import Any

import pytest

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin.conftest import Visitor, connect, entries
from tests.workspaces.signin.provider import Provider, attributes
from workspaces.members import services as members
from workspaces.members.models import Membership, User
from workspaces.signin.models import SamlConnection
from workspaces.signin.services import drafts
from workspaces.signin.services.drafts import Rule
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
NEW = "vera.holm@halden.example"


@pytest.fixture
def halden_with(connected: OrganizationRef, halden: WorkspaceRef) -> Any:
    """Sets the rules of Halden's connection."""

    def set_rules(
        *rules: tuple[str, str],
        into: WorkspaceRef | None = halden,
        default_role: str = "member",
        may_grant_owner: bool = False,
    ) -> WorkspaceRef:
        with scoping.organization(organization_id=connected.id):
            row = SamlConnection.objects.get()
            SamlConnection.objects.update(groups_attribute="groups")
        drafts.provision(
            actor=OPERATOR,
            organization=connected,
            connection=row.public_id,
            into=into.id if into else None,
            default_role=default_role,
            may_grant_owner=may_grant_owner,
            rules=[
                Rule(workspace_id=halden.id, value=value, role=role)
                for value, role in rules
            ],
            at=NOON,
        )
        return halden

    return set_rules


def sign_in(
    provider: Provider, email: str = NEW, *, name_id: str = "vera-1", **sent: str
) -> Visitor:
    """A whole sign-in of one person."""
    visitor = Visitor()
    answer = provider.answer(
        visitor.ask(),
        at=NOON,
        name_id=name_id,
        attributes=attributes(email=email, **sent),
    )
    visitor.bring(answer)
    return visitor


def membership(where: WorkspaceRef, email: str = NEW) -> Membership | None:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return Membership.objects.filter(email=email).first()


def role_of(where: WorkspaceRef, email: str = NEW) -> str:
    found = membership(where, email)
    assert found is not None
    return found.role


def test_somebody_of_a_proven_domain_becomes_a_member(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with()

    visitor = sign_in(provider, first_name="Vera", last_name="Holm")

    assert visitor.user_id
    assert role_of(where) == "member"
    assert User.objects.get(email=NEW).name == "Vera Holm"
    acts = [one["action"] for one in entries(where.organization)]
    assert "workspaces.member.created" in acts


def test_without_that_rule_they_are_refused_and_nobody_is_made(
    connected: OrganizationRef, provider: Provider
) -> None:
    visitor = sign_in(provider)

    assert visitor.user_id is None
    assert not User.objects.filter(email=NEW).exists()


def test_an_unproven_domain_makes_nobody_a_member(
    halden_with: Any, provider: Provider
) -> None:
    halden_with()

    visitor = sign_in(provider, "vera@elsewhere.example")

    assert visitor.user_id is None
    assert not User.objects.filter(email="vera@elsewhere.example").exists()


def test_a_group_gives_its_role_and_takes_it_again(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("Legal", "compliance_officer"))
    sign_in(provider, groups="Legal")
    given = role_of(where)

    sign_in(provider, groups="Sales")

    assert (given, role_of(where)) == ("compliance_officer", "member")
    changed = [
        one
        for one in entries(where.organization)
        if one["action"] == "workspaces.member.role-changed"
    ]
    assert len(changed) == 1


def test_of_several_groups_the_strongest_counts(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("A", "analytics_viewer"), ("B", "admin"))
    visitor = Visitor()
    two = attributes(email=NEW, groups="A").replace(
        "</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>",
        "</saml:AttributeValue><saml:AttributeValue>B</saml:AttributeValue>"
        "</saml:Attribute></saml:AttributeStatement>",
    )

    visitor.bring(provider.answer(visitor.ask(), at=NOON, attributes=two))

    assert role_of(where) == "admin"


def test_where_no_groups_come_roles_stay(halden_with: Any, provider: Provider) -> None:
    where = halden_with(("Admins", "admin"))
    sign_in(provider, groups="Admins")

    sign_in(provider)

    assert role_of(where) == "admin"


def test_a_group_that_is_no_text_gives_nothing(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("Legal", "compliance_officer"))

    visitor = sign_in(provider, groups="<saml:NameID>Legal</saml:NameID>")

    assert visitor.user_id
    assert role_of(where) == "member"


def test_nobody_becomes_owner_by_attribute(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("Bosses", "owner"))

    sign_in(provider, groups="Bosses")

    assert role_of(where) == "member"


def test_unless_an_owner_has_switched_that_on(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("Bosses", "owner"), may_grant_owner=True)

    sign_in(provider, groups="Bosses")

    assert role_of(where) == "owner"
    assert not User.objects.get(email=NEW).is_operator


def test_no_mapping_takes_an_owner_their_role(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("Legal", "compliance_officer"))

    sign_in(provider, "mara.lindqvist@halden.example", groups="Legal")

    assert role_of(where, "mara.lindqvist@halden.example") == "owner"


def test_the_last_owner_stays_and_that_is_recorded(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("Legal", "compliance_officer"), may_grant_owner=True)

    visitor = sign_in(provider, "mara.lindqvist@halden.example", groups="Legal")

    assert visitor.user_id
    assert role_of(where, "mara.lindqvist@halden.example") == "owner"
    kept = [
        one["outcome"]
        for one in entries(where.organization)
        if one["action"] == "workspaces.member.role-changed"
    ]
    assert kept == ["refused"]


@pytest.mark.parametrize("end", ["suspend", "remove"])
def test_whom_an_admin_put_out_stays_out(
    halden_with: Any, provider: Provider, end: str
) -> None:
    where = halden_with()
    vera = cast.person(where, NEW)
    getattr(members, end)(
        actor=OPERATOR, workspace=where, member=vera.membership.public_id, at=NOON
    )

    visitor = sign_in(provider)

    assert visitor.user_id is None
    found = membership(where)
    assert found is not None
    assert found.status != "active"


def test_a_group_alone_can_let_somebody_in(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with(("Legal", "compliance_officer"), into=None)

    stranger = sign_in(provider, "other@halden.example", name_id="o", groups="Sales")
    visitor = sign_in(provider, groups="Legal")

    assert stranger.user_id is None
    assert visitor.user_id
    assert role_of(where) == "compliance_officer"


def test_a_new_name_and_address_are_taken_over(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with()
    sign_in(provider, first_name="Vera", last_name="Holm")

    sign_in(provider, "vera.berg@halden.example", first_name="Vera", last_name="Berg")

    vera = User.objects.get(email="vera.berg@halden.example")
    found = membership(where, "vera.berg@halden.example")
    assert found is not None
    assert (vera.name, found.name) == ("Vera Berg", "Vera Berg")
    acts = [one["action"] for one in entries(where.organization)]
    assert "workspaces.person.updated" in acts


def test_an_address_that_somebody_else_has_is_never_taken(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with()
    sign_in(provider)

    visitor = sign_in(provider, "mara.lindqvist@halden.example")

    vera = User.objects.get(pk=visitor.user_id)
    assert vera.email == NEW
    assert role_of(where, "mara.lindqvist@halden.example") == "owner"


def test_an_address_outside_proven_domains_is_not_taken_over(
    halden_with: Any, provider: Provider
) -> None:
    halden_with()
    first = sign_in(provider)

    visitor = sign_in(provider, "vera@elsewhere.example")

    assert visitor.user_id is None
    assert User.objects.get(pk=first.user_id).email == NEW


def test_one_organization_renames_nobody_of_another(
    halden_with: Any, provider: Provider
) -> None:
    halden_with()
    sign_in(provider, first_name="Vera", last_name="Holm")
    cast.person(cast.elsewhere(), NEW)

    sign_in(provider, first_name="Mallory", last_name="X")

    assert User.objects.get(email=NEW).name == "Vera Holm"


def test_another_organization_lets_in_only_its_own_domain(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with()
    other = cast.elsewhere()
    evil = Provider(entity_id="https://idp.example/evil", key_name="evil")
    connect(other.organization, evil, domain="brennan.example")
    with scoping.organization(organization_id=other.organization.id):
        SamlConnection.objects.update(provisions_into=other.id)
    visitor = Visitor(slug="brennan-foods")

    visitor.bring(evil.answer(visitor.ask(), at=NOON, attributes=attributes(email=NEW)))

    assert visitor.user_id is None
    assert membership(where) is None


def test_without_a_free_seat_nobody_becomes_a_member(
    halden_with: Any, provider: Provider
) -> None:
    where = halden_with()
    members.set_seats(actor=OPERATOR, workspace=where, limit=1, default="chat", at=NOON)

    visitor = sign_in(provider)

    assert visitor.user_id is None
    assert membership(where) is None
    assert not User.objects.filter(email=NEW).exists()
