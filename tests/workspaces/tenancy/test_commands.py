"""The commands that make tenants and members, as scripts use them."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from workspaces.tenancy import selectors

pytestmark = pytest.mark.django_db

ORGANIZATION = {
    "slug": "halden",
    "name": "Halden",
    "owner_email": "mara@halden.example",
}
WORKSPACE = {
    "organization": "halden",
    "slug": "halden-lab",
    "name": "Halden Lab",
    "plan": "enterprise",
}
MEMBER = {
    "workspace": "halden-lab",
    "email": "jun@halden.example",
    "role": "compliance_officer",
}


def run(command: str, **options: str) -> dict[str, Any]:
    out = StringIO()
    call_command(command, **options, json=True, stdout=out)
    return dict(json.loads(out.getvalue()))


def test_each_prints_its_object_and_running_it_again_returns_the_same() -> None:
    for command, options, names in (
        ("create_organization", ORGANIZATION, {"id", "slug"}),
        ("create_workspace", WORKSPACE, {"id", "slug"}),
        ("add_member", MEMBER, {"id"}),
    ):
        first = run(command, **options)

        assert set(first) == names
        assert run(command, **options) == first


def test_the_owner_of_the_organization_owns_the_workspace() -> None:
    run("create_organization", **ORGANIZATION)
    made = run("create_workspace", **WORKSPACE)

    found = selectors.workspace_by_slug(slug="halden-lab")

    assert str(found.public_id) == made["id"]
    mara = {**MEMBER, "email": "mara@halden.example"}
    assert run("add_member", **{**mara, "role": "owner"})["id"]
    with pytest.raises(CommandError, match="already, as Owner; nothing was changed"):
        run("add_member", **mara)


@pytest.mark.parametrize(
    ("command", "options", "sentence"),
    [
        (
            "create_organization",
            {**ORGANIZATION, "slug": "Halden!"},
            "cannot be a slug",
        ),
        (
            "create_organization",
            {**ORGANIZATION, "owner_email": "x"},
            "no e-mail addre",
        ),
        ("create_workspace", WORKSPACE, "There is no organization “halden”"),
        ("add_member", MEMBER, "There is no workspace “halden-lab”"),
    ],
)
def test_a_refusal_is_one_sentence(
    command: str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        run(command, **options)

    assert "\n" not in str(refused.value)


def test_an_unknown_plan_and_a_taken_slug_are_refused() -> None:
    run("create_organization", **ORGANIZATION)
    run("create_organization", **{**ORGANIZATION, "slug": "other"})
    run("create_workspace", **WORKSPACE)

    with pytest.raises(CommandError, match="the plans are team, enterprise"):
        run("create_workspace", **{**WORKSPACE, "slug": "new", "plan": "gold"})
    with pytest.raises(CommandError, match="is taken"):
        run("create_workspace", **{**WORKSPACE, "organization": "other"})
