"""The commands that issue tokens and keys, as scripts use them."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kit import clock
from tests import cast
from tests.cast import NOON
from workspaces.keys import selectors
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


def run(*arguments: str) -> dict[str, Any]:
    out, err = StringIO(), StringIO()
    with clock.fixed_at(NOON):
        call_command(*arguments, "--json", stdout=out, stderr=err)
    return dict(json.loads(out.getvalue()))


def test_a_scim_token_comes_with_its_address(where: WorkspaceRef) -> None:
    given = run("issue_scim_token", "--workspace", where.slug, "--expires-days", "5")

    assert set(given) == {"base_url", "token"}
    assert given["base_url"].endswith(f"/scim/v2/{where.public_id}")
    found = selectors.presented_token(secret=given["token"], at=NOON)
    assert found is not None
    assert found.workspace == where


@pytest.mark.parametrize("tenant", ["organization", "workspace"])
def test_an_api_key_comes_with_its_id(where: WorkspaceRef, tenant: str) -> None:
    slug = {"organization": where.organization.slug, "workspace": where.slug}[tenant]

    given = run("issue_api_key", f"--{tenant}", slug, "--scopes", "all")

    assert set(given) == {"id", "key"}
    found = selectors.presented_key(secret=given["key"], at=NOON)
    assert found is not None
    assert str(found.public_id) == given["id"]


def test_a_repeated_command_gives_the_same(where: WorkspaceRef) -> None:
    for command in (
        ("issue_scim_token", "--workspace", where.slug),
        ("issue_api_key", "--workspace", where.slug, "--scopes", "all"),
    ):
        once = (*command, "--idempotency-key", "a1")

        assert run(*once) == run(*once)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("issue_scim_token", "--workspace", "nowhere"), "no workspace “nowhere”"),
        (("issue_api_key", "--organization", "nowhere", "--scopes", "all"), "nowhere"),
        (
            ("issue_api_key", "--workspace", "halden-engineering", "--scopes", "x"),
            "the scopes are compliance.read",
        ),
        (
            (
                "issue_api_key",
                "--workspace",
                "halden-engineering",
                "--scopes",
                "all",
                "--expires-days",
                "9999999999999",
            ),
            "lives 1 to 365 days",
        ),
    ],
)
def test_a_refusal_is_one_sentence(
    where: WorkspaceRef, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)
