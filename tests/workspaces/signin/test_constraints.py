"""What the database itself refuses about sign-in."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kit import scoping
from tests import cast
from tests.cast import NOON
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    IdpCertificate,
    MailDomain,
    MailedSecret,
    RoleRule,
    SamlConnection,
    SignInSession,
    SpentAssertion,
    SpKey,
)
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("connection_state_known", {"state": "open"}),
        ("connection_is_named", {"slug": ""}),
        ("connection_is_named", {"idp_entity_id": ""}),
        ("connection_preset_known", {"preset": "acme"}),
        ("connection_role_known", {"default_role": "king"}),
        ("connection_test_is_whole", {"tested_digest": "0" * 64}),
    ],
)
def test_a_broken_connection_is_refused(
    name: str, change: dict[str, Any], connected: OrganizationRef
) -> None:
    with (
        scoping.organization(organization_id=connected.id),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        SamlConnection.objects.update(**change)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("domain_claimed_once", {"domain": "halden.example"}),
        ("domain_folded", {"domain": "Halden.example"}),
        ("domain_attested_is_proven", {"domain": "b.example", "attested_by": "x"}),
    ],
)
def test_a_broken_domain_is_refused(
    name: str, values: dict[str, Any], connected: OrganizationRef
) -> None:
    with (
        scoping.organization(organization_id=connected.id),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        MailDomain.objects.create(
            organization_id=connected.id, challenge="c", claimed_at=NOON, **values
        )


def test_an_assertion_is_spent_once_and_for_a_connection_of_its_own_organization(
    connected: OrganizationRef,
) -> None:
    with scoping.organization(organization_id=connected.id):
        mine = SamlConnection.objects.get()
        values = {"organization_id": connected.id, "expires_at": NOON}
        SpentAssertion.objects.create(connection_id=mine.pk, id_hash=b"a", **values)

        with (
            pytest.raises(IntegrityError, match="assertion_spent_once"),
            transaction.atomic(),
        ):
            SpentAssertion.objects.create(connection_id=mine.pk, id_hash=b"a", **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            SpentAssertion.objects.create(
                connection_id=mine.pk + 999, id_hash=b"b", **values
            )


def test_a_spent_assertion_cannot_be_changed(connected: OrganizationRef) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select has_table_privilege(current_user, 'workspaces_spentassertion', %s)",
            ["update"],
        )
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize(
    ("model", "name", "change"),
    [
        (IdpCertificate, "certificate_state_known", {"state": "odd"}),
        (IdpCertificate, "certificate_fingerprint_shape", {"fingerprint": "AB"}),
        (SpKey, "spkey_place_known", {"place": "odd"}),
    ],
)
def test_broken_rows_of_a_connection_are_refused(
    model: Any, name: str, change: dict[str, Any], connected: OrganizationRef
) -> None:
    with (
        scoping.organization(organization_id=connected.id),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        model.objects.update(**change)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (IdpCertificate, "certificate_listed_once"),
        (SpKey, "spkey_one_in_each_place"),
        (SamlConnection, "connection_one_active"),
    ],
)
def test_what_stands_once_stands_once(
    model: Any, name: str, connected: OrganizationRef
) -> None:
    with scoping.organization(organization_id=connected.id):
        row = model.objects.get()
        row.pk = None
        row._state.adding = True
        if model is SamlConnection:
            row.public_id, row.slug = row.organization.public_id, "second"

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.save()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("session_method_known", {"method": "key"}),
        ("session_end_has_reason", {"method": "code", "ended_at": NOON}),
        ("session_of_saml_has_connection", {"method": "saml"}),
    ],
)
def test_a_broken_session_is_refused(
    name: str, values: dict[str, Any], halden: WorkspaceRef
) -> None:
    organization = halden.organization
    with (
        scoping.organization(organization_id=organization.id),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        SignInSession.objects.create(
            organization_id=organization.id,
            user=cast.owner(halden).user,
            began_at=NOON,
            seen_at=NOON,
            expires_at=NOON,
            **values,
        )


def test_a_broken_role_rule_is_refused(
    halden: WorkspaceRef, connected: OrganizationRef
) -> None:
    other = cast.elsewhere()
    with scoping.organization(organization_id=connected.id):
        values = {
            "organization_id": connected.id,
            "connection_id": SamlConnection.objects.get().pk,
            "workspace_id": halden.id,
            "value": "admins",
            "role": "admin",
        }
        RoleRule.objects.create(**values)

        for change, name in (
            ({}, "rolerule_once"),
            ({"value": ""}, "rolerule_is_whole"),
            ({"role": "king"}, "rolerule_is_whole"),
            ({"workspace_id": other.id}, "workspaces_rolerule"),
        ):
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                RoleRule.objects.create(**(values | change))


def test_a_person_is_named_for_break_glass_once(halden: WorkspaceRef) -> None:
    with scoping.organization(organization_id=halden.organization.id):
        values = {
            "organization_id": halden.organization.id,
            "user": cast.owner(halden).user,
            "named_by": "tests",
            "named_at": NOON,
        }
        BreakGlassOwner.objects.create(**values)

        with (
            pytest.raises(IntegrityError, match="breakglass_person_once"),
            transaction.atomic(),
        ):
            BreakGlassOwner.objects.create(**values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("mailed_secret_purpose_known", {"purpose": "other"}),
        ("mailed_secret_code_has_browser", {"purpose": "code", "browser_hash": None}),
        ("mailed_secret_one_of_each", {"purpose": "break_glass"}),
    ],
)
def test_a_broken_mailed_secret_is_refused(
    name: str, values: dict[str, Any], halden: WorkspaceRef
) -> None:
    whole = {
        "user": cast.owner(halden).user,
        "purpose": "break_glass",
        "secret_hash": b"hash",
        "created_at": NOON,
        "expires_at": NOON,
    }
    MailedSecret.objects.create(**whole)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        MailedSecret.objects.create(**(whole | values))


def test_failures_of_break_glass_have_a_time(halden: WorkspaceRef) -> None:
    with (
        pytest.raises(IntegrityError, match="breakglass_failures_have_time"),
        transaction.atomic(),
    ):
        BreakGlassCredential.objects.create(
            user=cast.owner(halden).user, armed_at=NOON, failures=1
        )
