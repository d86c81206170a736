"""What the database itself refuses about keys and tokens."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.keys.models import ApiKey, ScimToken
from workspaces.keys.services import api_keys, scim_tokens
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (ScimToken, {"scope": "everything"}, "scim_token_scope_known"),
    (ScimToken, {"slot": 3}, "scim_token_slot_known"),
    (ScimToken, {"revoked_at": NOON}, "scim_token_revoked_without_slot"),
    (ScimToken, {"created_at": NOON.replace(year=2030)}, "scim_token_ends_after"),
    (ScimToken, {"slot": 1}, "scim_token_two_at_once"),
    (ScimToken, {"idempotency_digest": b"same"}, "scim_token_issued_once"),
    (ApiKey, {"generation": 1}, "api_key_owner_by_one_tie"),
    (ApiKey, {"administration_id": 1}, "api_key_owner_by_one_tie"),
    (ApiKey, {"created_at": NOON.replace(year=2030)}, "api_key_ends_after"),
    (ApiKey, {"idempotency_digest": b"same"}, "api_key_issued_once"),
]


@pytest.fixture
def where() -> WorkspaceRef:
    found = cast.workspace()
    for _twice in range(2):
        scim_tokens.issue(actor=OPERATOR, workspace=found, at=NOON)
        api_keys.issue(
            actor=OPERATOR,
            organization=found.organization,
            workspace=found,
            name="Key",
            scopes=["all"],
            at=NOON,
        )
    return found


@pytest.mark.parametrize(("model", "values", "name"), BROKEN, ids=str)
def test_it_is_refused(
    where: WorkspaceRef, model: Any, values: dict[str, Any], name: str
) -> None:
    with (
        opened(where),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        model.objects.update(**values)


def test_an_owner_is_a_member_of_the_keys_workspace(where: WorkspaceRef) -> None:
    sol = cast.owner(cast.workspace(slug="halden-lab", name="Lab"))

    with opened(where), transaction.atomic():
        key = ApiKey.objects.earliest("id")
        key.owner_id, key.membership_id = sol.user.pk, sol.membership.pk
        key.generation = 1
        with (
            pytest.raises(IntegrityError, match="workspace_id_membership_id_fk"),
            transaction.atomic(),
        ):
            key.save()


def opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
