"""A provider's token: issued once, two at most, rotated, revoked, resolved."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections

from kit import scoping
from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.keys import selectors
from workspaces.keys.models import ScimToken
from workspaces.keys.networks import BadNetwork
from workspaces.keys.services import scim_tokens
from workspaces.keys.services.lives import AlreadyRotated, BadLife
from workspaces.keys.services.replay import IdempotencyKeyIsTaken
from workspaces.keys.services.scim_tokens import TwoTokensWork, UnknownTokenScope
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def where() -> WorkspaceRef:
    cache.clear()
    return cast.workspace()


def issue(where: WorkspaceRef, **options: Any) -> scim_tokens.IssuedToken:
    options = {"actor": OPERATOR, "at": NOON, **options}
    return scim_tokens.issue(workspace=where, **options)


def found(issued: scim_tokens.IssuedToken, at: Any = NOON) -> Any:
    return selectors.presented_token(secret=str(issued.secret), at=at)


def test_a_presented_token_names_its_workspace(where: WorkspaceRef) -> None:
    cast.elsewhere()
    issued = issue(where, scope="users", allowed_networks=["192.0.2.0/24"])

    token = found(issued)

    assert token.workspace == where
    assert (token.scope, token.networks) == ("users", ("192.0.2.0/24",))


def test_what_was_never_issued_names_nothing(where: WorkspaceRef) -> None:
    issued = issue(where)
    secret = str(issued.secret)
    other = "a" if secret[20] != "a" else "b"

    for wrong in ("", "custos_scim_", secret[:-1], secret[:20] + other + secret[21:]):
        assert selectors.presented_token(secret=wrong, at=NOON) is None
    assert selectors.presented_key(secret=secret, at=NOON) is None


def test_the_secret_is_nowhere_in_the_row(where: WorkspaceRef) -> None:
    issued = issue(where)

    with opened(where):
        row = ScimToken.objects.values().get()
    assert str(issued.secret)[12:] not in repr(row)
    assert str(issued.secret).endswith(row["hint"])


def test_a_token_ends_by_itself(where: WorkspaceRef) -> None:
    issued = issue(where, days=10)

    assert found(issued, NOON + 10 * DAY - timedelta(seconds=1))
    assert found(issued, NOON + 10 * DAY) is None


def test_two_work_at_once_and_no_third(where: WorkspaceRef) -> None:
    first, second = issue(where, days=10), issue(where)

    with pytest.raises(TwoTokensWork, match="revoke the one"):
        issue(where)

    assert found(first)
    assert found(second)
    assert issue(where, at=NOON + 10 * DAY)  # the first one has ended


def test_rotation_leaves_the_old_one_for_a_while(where: WorkspaceRef) -> None:
    old = issue(where, scope="users")

    new = scim_tokens.rotate(
        actor=OPERATOR,
        workspace=where,
        token=old.row.public_id,
        overlap_hours=24,
        at=NOON + DAY,
    )

    assert new.row.scope == "users"
    assert found(old, NOON + DAY)
    assert found(old, NOON + 2 * DAY) is None
    assert found(new, NOON + 2 * DAY)
    with pytest.raises(AlreadyRotated):
        scim_tokens.rotate(
            actor=OPERATOR, workspace=where, token=old.row.public_id, at=NOON + DAY
        )


def test_a_revoked_token_opens_nothing(where: WorkspaceRef) -> None:
    issued = issue(where)

    for _twice in range(2):
        scim_tokens.revoke(
            actor=OPERATOR, workspace=where, token=issued.row.public_id, at=NOON
        )

    assert found(issued) is None


def test_a_repeated_issue_is_the_same_one(where: WorkspaceRef) -> None:
    first = issue(where, idempotency_key="deploy-7")

    soon = issue(where, idempotency_key="deploy-7", at=NOON + timedelta(minutes=9))
    late = issue(where, idempotency_key="deploy-7", at=NOON + timedelta(minutes=10))

    assert soon.row == late.row == first.row
    assert soon.secret == first.secret
    assert late.secret is None


def test_a_repetition_with_other_arguments_is_refused(where: WorkspaceRef) -> None:
    issue(where, idempotency_key="deploy-7")

    with pytest.raises(IdempotencyKeyIsTaken, match="repeat the command exactly"):
        issue(where, idempotency_key="deploy-7", scope="users")


def test_a_use_is_noted_once_in_a_while(where: WorkspaceRef) -> None:
    issued = issue(where)

    for minute in (0, 1, 6):
        at = NOON + timedelta(minutes=minute)
        scim_tokens.note_use(token=found(issued, at), at=at)
        with opened(where):
            noted = ScimToken.objects.get().last_used_at
        assert noted == (NOON if minute < 5 else at)


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"days": 0}, BadLife),
        ({"days": 10**12}, BadLife),
        ({"scope": "everything"}, UnknownTokenScope),
        ({"allowed_networks": ["192.0.2.7/24"]}, BadNetwork),
        ({"allowed_networks": ["home"]}, BadNetwork),
    ],
)
def test_bad_input_issues_nothing(
    where: WorkspaceRef, options: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        issue(where, **options)

    with opened(where):
        assert not ScimToken.objects.exists()


def test_a_member_may_not(where: WorkspaceRef) -> None:
    with pytest.raises(PermissionDenied):
        issue(where, actor=cast.officer(where).actor)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_two_are_issued() -> None:
    where = cast.workspace()
    barrier = Barrier(4)

    def one(_number: int) -> str:
        barrier.wait(timeout=10)
        try:
            issue(where)
        except TwoTokensWork:
            return "refused"
        finally:
            connections.close_all()
        return "issued"

    with ThreadPoolExecutor(4) as threads:
        ended = sorted(threads.map(one, range(4)))

    assert ended == ["issued", "issued", "refused", "refused"]


def opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
