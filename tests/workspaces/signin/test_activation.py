"""Activating, changing over, switching off, and requiring single sign-on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db import connections as connections_of_threads

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin import wizardry
from tests.workspaces.signin.conftest import Visitor, entries
from tests.workspaces.signin.provider import Provider
from tests.workspaces.signin.wizardry import HALDEN, Admin
from workspaces.members import acting
from workspaces.members.models import User
from workspaces.signin import authority, metadata, tasks
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    Method,
    SamlConnection,
    SignInSession,
)
from workspaces.signin.services import activation, connections
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import Sso, Workspace
from workspaces.tenancy.selectors import (
    Administration,
    OrganizationRef,
    WorkspaceRef,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def newer() -> Provider:
    """The identity provider that Halden moves to."""
    return Provider(entity_id="https://idp.example/new", key_name="new")


@pytest.fixture
def mara(connected: OrganizationRef, halden: WorkspaceRef) -> Admin:
    return wizardry.owner(halden)


@pytest.fixture
def draft(mara: Admin, newer: Provider) -> str:
    return wizardry.ready(mara, newer)


def live(mara: Admin) -> str:
    """The pages of the connection in use."""
    with scoping.organization(organization_id=mara.organization.id):
        row = SamlConnection.objects.get(state="active")
    return f"{HALDEN}/{row.public_id}/"


def sso_of(where: WorkspaceRef) -> str:
    with scoping.organization(organization_id=where.organization.id):
        return Workspace.objects.get(pk=where.id).sso


def require(mara: Admin, where: WorkspaceRef) -> str:
    """Ask for it; what the next page says."""
    response = mara.client.post(
        f"{HALDEN}/workspaces/", {"workspace": where.public_id, "sso": "required"}
    )
    return mara.client.get(response["Location"]).content.decode()


def name_for_emergencies(where: WorkspaceRef) -> None:
    """Mara is named, and has set password and second step."""
    person = User.objects.get(email="mara.lindqvist@halden.example")
    BreakGlassCredential.objects.create(user=person, armed_at=NOON)
    with scoping.organization(organization_id=where.organization.id):
        BreakGlassOwner.objects.create(
            organization_id=where.organization.id,
            user=person,
            named_by="tests",
            named_at=NOON,
        )


def test_a_tested_draft_takes_the_place_of_the_one_in_use(
    mara: Admin, draft: str, newer: Provider
) -> None:
    before = live(mara)
    mara.test(draft, newer)

    response = mara.client.post(f"{draft}activate/")

    assert response.status_code == 302
    assert live(mara) == draft
    assert mara.row(before).state == "inactive"
    acts = [one["action"] for one in entries(mara.organization)]
    assert "workspaces.saml.activated" in acts
    assert "workspaces.saml.deactivated" in acts


def test_people_then_sign_in_through_the_new_one(
    mara: Admin, draft: str, newer: Provider
) -> None:
    mara.test(draft, newer)
    mara.client.post(f"{draft}activate/")
    visitor = Visitor(slug=mara.row(draft).slug)

    response = visitor.bring(newer.answer(visitor.ask(), at=NOON))

    assert (response.status_code, visitor.user_id is not None) == (302, True)


def test_sessions_of_the_old_one_end(
    mara: Admin, draft: str, newer: Provider, visitor: Visitor, provider: Provider
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    mara.test(draft, newer)

    mara.client.post(f"{draft}activate/")

    with scoping.organization(organization_id=mara.organization.id):
        through = SignInSession.objects.filter(method="saml")
        assert set(through.values_list("end_reason", flat=True)) == {"connection_off"}


def test_without_a_test_it_is_refused(mara: Admin, draft: str) -> None:
    page = mara.client.get(f"{draft}activate/").content.decode()

    response = mara.client.post(f"{draft}activate/")

    assert "Opens after a test without failure, within 24 hours" in page
    assert response.status_code == 409
    assert mara.row(draft).state == "draft"


def test_a_test_holds_for_a_day(
    mara: Admin,
    draft: str,
    newer: Provider,
    halden: WorkspaceRef,
    clock: Callable[[datetime], None],
) -> None:
    mara.test(draft, newer)
    clock(NOON + timedelta(hours=24))

    response = wizardry.owner(halden).client.post(f"{draft}activate/")

    assert response.status_code == 409


@pytest.mark.parametrize("step", ["metadata", "address", "attributes", "members"])
def test_what_was_changed_after_the_test_is_not_activated(
    mara: Admin,
    draft: str,
    newer: Provider,
    halden: WorkspaceRef,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks.read_metadata, "delay", lambda: None)
    mara.test(draft, newer)

    if step == "metadata":
        again = Provider(entity_id=newer.entity_id, key_name="third")
        mara.bring(draft, again.metadata())
    elif step == "address":
        url = "https://elsewhere.example/metadata"
        tomasz = wizardry.admin(halden)
        tomasz.client.post(f"{draft}metadata/", {"how": "url", "url": url})
    elif step == "attributes":
        mara.map(draft, email="mail")
    else:
        mara.client.post(
            f"{draft}members/", {"into": halden.slug, "default_role": "member"}
        )

    assert mara.client.post(f"{draft}activate/").status_code == 409


def test_only_an_owner_activates(
    mara: Admin, draft: str, newer: Provider, halden: WorkspaceRef
) -> None:
    mara.test(draft, newer)
    tomasz = wizardry.admin(halden)

    response = tomasz.client.post(f"{draft}activate/")

    assert response.status_code == 403
    assert mara.row(draft).state == "draft"


def test_the_database_keeps_it_at_one_active_connection(
    mara: Admin, draft: str, newer: Provider
) -> None:
    with (
        scoping.organization(organization_id=mara.organization.id),
        pytest.raises(IntegrityError, match="connection_one_active"),
        transaction.atomic(),
    ):
        SamlConnection.objects.update(state="active")


@pytest.mark.django_db(transaction=True)
def test_of_two_activations_at_once_the_second_takes_over(
    mara: Admin, newer: Provider
) -> None:
    other = Provider(entity_id="https://idp.example/third", key_name="third")
    drafts = [wizardry.ready(mara, newer), wizardry.ready(mara, other)]
    for at, idp in zip(drafts, (newer, other), strict=True):
        mara.test(at, idp)
    rows = [mara.row(at).public_id for at in drafts]
    barrier = Barrier(2)

    def one(connection: UUID) -> str:
        barrier.wait(timeout=10)
        try:
            activation.activate(
                actor=OPERATOR,
                organization=mara.organization,
                connection=connection,
                at=NOON,
            )
        finally:
            connections_of_threads.close_all()
        return "activated"

    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(one, rows))

    assert ended == ["activated"] * 2
    assert live(mara) in drafts


def test_deactivating_names_the_consequence_and_ends_sessions(
    mara: Admin, visitor: Visitor, provider: Provider
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    at = live(mara)

    asked = mara.client.get(f"{at}deactivate/").content.decode()
    wrong = mara.client.post(f"{at}deactivate/", {"typed_name": "x"})
    done = mara.client.post(f"{at}deactivate/", {"typed_name": "halden-instruments"})

    assert "sessions that began through it end" in asked
    assert (wrong.status_code, done.status_code) == (422, 302)
    assert mara.row(at).state == "inactive"
    assert visitor.client.get("/me/").status_code == 302


def test_what_is_required_is_not_switched_off(
    mara: Admin, halden: WorkspaceRef
) -> None:
    at = live(mara)
    with scoping.organization(organization_id=halden.organization.id):
        Workspace.objects.update(sso=Sso.REQUIRED)
    emergency = cast.signed_in(
        cast.owner(halden).user,
        organization_id=halden.organization.id,
        method=Method.BREAK_GLASS,
    )

    response = emergency.post(f"{at}deactivate/", {"typed_name": "halden-instruments"})

    assert response.status_code == 422
    assert "make it optional there first" in response.content.decode()
    assert mara.row(at).state == "active"


def test_it_is_required_after_a_test_and_with_somebody_for_emergencies(
    mara: Admin, halden: WorkspaceRef, provider: Provider
) -> None:
    untested = require(mara, halden)
    mara.test(live(mara), provider)
    nobody = require(mara, halden)
    name_for_emergencies(halden)
    require(mara, halden)

    assert "needs a test sign-in without failure" in untested
    assert "Name an owner who can enter with a password" in nobody
    assert sso_of(halden) == "required"
    # Their own session, of a code, opens nothing there from then on.
    *_before, changed, asked = entries(mara.organization)
    assert changed["action"] == "workspaces.sso.changed"
    assert (asked["action"], asked["outcome"]) == ("workspaces.access.asked", "refused")


@pytest.mark.parametrize(
    ("role", "expected"), [("admin", "required"), ("owner", "off")]
)
def test_what_an_owner_required_only_an_owner_gives_up(
    halden: WorkspaceRef, role: str, expected: str
) -> None:
    tenancy.require_sso(actor=OPERATOR, organization=halden.organization, at=NOON)
    actor = acting.in_organization(
        user=cast.admin(halden).user,
        administration=Administration(organization=halden.organization, role=role),
    )

    with suppress(authority.OwnerMustDecide):
        activation.set_sso(
            actor=actor,
            organization=halden.organization,
            workspace=halden.public_id,
            sso=Sso.OFF,
            at=NOON,
        )

    assert sso_of(halden) == expected


def test_off_and_optional_have_no_conditions(mara: Admin, halden: WorkspaceRef) -> None:
    for sso in ("off", "optional"):
        mara.client.post(
            f"{HALDEN}/workspaces/", {"workspace": halden.public_id, "sso": sso}
        )

        assert sso_of(halden) == sso


@pytest.mark.parametrize(
    "data",
    [{}, {"workspace": "x", "sso": "off"}, {"sso": "off"}],
)
def test_a_broken_choice_changes_nothing(
    mara: Admin, halden: WorkspaceRef, data: dict[str, str]
) -> None:
    response = mara.client.post(f"{HALDEN}/workspaces/", data)

    assert response.status_code == 302
    assert sso_of(halden) == "optional"


def test_a_workspace_of_another_organization_is_not_there(
    mara: Admin,
) -> None:
    other = cast.elsewhere()

    response = mara.client.post(
        f"{HALDEN}/workspaces/", {"workspace": other.public_id, "sso": "off"}
    )

    assert response.status_code == 404
    assert sso_of(other) == "optional"


def test_a_draft_can_be_discarded_and_its_name_is_free(mara: Admin, draft: str) -> None:
    slug = mara.row(draft).slug

    wrong = mara.client.post(f"{draft}discard/", {"typed_name": ""})
    done = mara.client.post(f"{draft}discard/", {"typed_name": slug})

    assert (wrong.status_code, done.status_code) == (422, 302)
    assert mara.client.get(f"{draft}values/").status_code == 404
    assert mara.row(mara.draft()).slug == slug


def test_what_was_in_use_is_not_discarded(mara: Admin) -> None:
    at = live(mara)

    response = mara.client.post(f"{at}discard/", {"typed_name": "halden-instruments"})

    assert response.status_code == 422
    assert "stays on record" in response.content.decode()


def test_the_command_needs_no_test_and_changes_over_too(
    mara: Admin, draft: str, newer: Provider, provider: Provider
) -> None:
    mara.test(draft, newer)
    mara.client.post(f"{draft}activate/")

    connections.configure(
        actor=OPERATOR,
        organization=mara.organization,
        idp=metadata.identity_provider(provider.metadata()),
        activate=True,
        at=NOON,
    )

    assert mara.row(draft).state == "inactive"
    assert live(mara) != draft
