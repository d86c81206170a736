"""What the database itself refuses about connectors and grants."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from workspaces.connectors.models import (
    Connector,
    ConnectorCut,
    ConnectorDefaults,
    ConnectorGrant,
    LinkAttempt,
)
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (ConnectorDefaults, {"ask": "maybe"}, "connector_default_ask_known"),
    (Connector, {"slug": "same"}, "connector_slug_once"),
    (Connector, {"slug": "Not a slug"}, "connector_slug"),
    (Connector, {"kind": "pigeon"}, "connector_kind_known"),
    (Connector, {"client_auth": "none at all"}, "connector_client_auth_known"),
    (Connector, {"action_control": "some"}, "connector_action_control_known"),
    (Connector, {"new_actions": "some"}, "connector_new_actions_known"),
    (Connector, {"ask": "maybe"}, "connector_ask_known"),
    (Connector, {"risk": "scary"}, "connector_risk_known"),
    (Connector, {"group_ids": [1]}, "connector_restricted_to_somebody"),
    (ConnectorCut, {"cause": "weather"}, "connector_cut_cause_known"),
    (ConnectorCut, {"connector": None}, "connector_cut_of_a_connector"),
    (ConnectorGrant, {"end": "cut"}, "connector_grant_ended_with_why"),
    (
        ConnectorGrant,
        {"ended_at": NOON, "end": "cut"},
        "connector_grant_forgets_tokens",
    ),
    (ConnectorGrant, {"revoke_due_at": NOON}, "connector_grant_revoked_after_its_end"),
    (
        ConnectorGrant,
        {"revoked_at": NOON, "given_up_at": NOON},
        "connector_grant_revoked_or_given_up",
    ),
    (LinkAttempt, {"state": b"same"}, "link_attempt_state_once"),
]


@pytest.fixture
def filled(where: WorkspaceRef, jun: Person, set_up: SetUp) -> WorkspaceRef:
    set_up()
    set_up("jira")
    linked(jun)
    with opened(where):
        ConnectorDefaults.objects.create(workspace_id=where.id, ask="never")
        connector = Connector.objects.earliest("id")
        for number in range(2):
            LinkAttempt.objects.create(
                workspace_id=where.id,
                connector=connector,
                membership=jun.membership,
                sign_in=jun.membership.public_id,
                state=bytes([number]),
                sealed_verifier=b"sealed",
                created_at=NOON,
                expires_at=NOON,
            )
        ConnectorCut.objects.create(
            workspace_id=where.id,
            connector=connector,
            cause="restricted",
            requested_by="tests",
            cut_at=NOON,
        )
    return where


@pytest.mark.parametrize(("model", "values", "name"), BROKEN, ids=str)
def test_it_is_refused(
    filled: WorkspaceRef, model: Any, values: dict[str, Any], name: str
) -> None:
    with opened(filled):
        if model is ConnectorCut and "connector" in values:
            rows = ConnectorCut.objects.all()
        else:
            rows = model.objects.all()
        with pytest.raises(Exception, match=name), transaction.atomic():
            _update(rows, values)


def _update(rows: Any, values: dict[str, Any]) -> None:
    """Receipts are never changed: what breaks them must come in broken."""
    if rows.model is not ConnectorCut:
        rows.update(**values)
        return
    row = rows.get()
    row.pk, row.public_id = None, rows.model().public_id
    for name, value in values.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def test_a_member_links_a_connector_once(filled: WorkspaceRef, jun: Person) -> None:
    with (
        pytest.raises(IntegrityError, match="connector_linked_once"),
        transaction.atomic(),
    ):
        linked(jun)


def test_only_what_was_cut_is_on_a_receipt(filled: WorkspaceRef) -> None:
    with opened(filled):
        cut = ConnectorCut.objects.get()
        with (
            pytest.raises(IntegrityError, match="connector_grant_cut_is_an_end"),
            transaction.atomic(),
        ):
            ConnectorGrant.objects.update(cut=cut)


def test_nothing_points_into_another_workspace(filled: WorkspaceRef) -> None:
    other = cast.elsewhere()
    stranger = cast.person(other, "vera@brennan.example").membership.pk
    with opened(filled):
        for model, column in (
            (Connector, "owner_id"),
            (ConnectorGrant, "membership_id"),
            (LinkAttempt, "membership_id"),
        ):
            with (
                pytest.raises(IntegrityError, match="_fk"),
                transaction.atomic(),
            ):
                model.objects.update(**{column: stranger})
