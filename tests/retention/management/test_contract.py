"""Every command of the contract takes exactly its arguments and prints its object.

Scripts and other people's tools rely on both: a demanded argument more, or a missing
key, breaks them.
"""

import json
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from audit.log import sequencer
from tests.cast import NOON
from tests.retention.conftest import Stage
from tests.workspaces.signin.provider import Provider

pytestmark = pytest.mark.usefixtures("clock", "transactional_db")

PREVIEW = {"conversations", "messages", "files", "bytes", "held"}
OWNER = "mara.lindqvist@halden.example"
JUN = "jun.takahashi@halden.example"
ON_HALDEN = ("--organization", "halden")
IN_LAB = ("--workspace", "lab")


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=StringIO())
    (line,) = out.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_each_command_runs_with_the_arguments_of_the_contract(tmp_path: Path):
    metadata, lines = tmp_path / "idp.xml", tmp_path / "old.jsonl"
    metadata.write_bytes(Provider().metadata())
    chat = {"id": "1", "messages": [{"role": "user", "text": "hello"}]}
    lines.write_text(json.dumps(chat))

    organization = ("--slug", "halden", "--name", "Halden", "--owner-email", OWNER)
    assert set(run("create_organization", *organization)) == {"id", "slug"}
    workspace = ("--slug", "lab", "--name", "Lab", "--plan", "enterprise")
    assert set(run("create_workspace", *ON_HALDEN, *workspace)) == {"id", "slug"}
    assert set(run("add_member", *IN_LAB, "--email", JUN, "--role", "member")) == {"id"}
    proven = run("verify_domain", *ON_HALDEN, "--domain", "halden.example", "--attest")
    assert proven == {"domain": "halden.example", "verified": True}
    saml = ("--metadata-file", str(metadata), "--activate")
    told = run("configure_saml", *ON_HALDEN, *saml)
    assert set(told) == {"id", "acs_url", "entity_id"}
    issued = run("issue_scim_token", *IN_LAB, "--expires-days", "30")
    assert set(issued) >= {"base_url", "token"}
    key = run("issue_api_key", *IN_LAB, "--scopes", "all", "--expires-days", "30")
    assert set(key) >= {"id", "key"}

    imported = run(
        *("import_conversations", *IN_LAB, "--format", "jsonl", str(lines)),
        *("--assign-owners", JUN, "--spread-dates", "2025-01-01..2025-02-01"),
    )
    assert imported["conversations"] == 1
    assert set(imported) == {
        *("id", "conversations", "messages", "files", "skipped", "warnings")
    }
    policy = run("set_policy", *IN_LAB, "--days", "90", "--undo-days", "0")
    assert set(policy) == {"id", "version", "in_force_at", "preview"}
    assert set(policy["preview"]) == PREVIEW
    hold = run("place_hold", *IN_LAB, "--matter", "Case 12", "--member", JUN)
    assert hold["covered"] == 1
    assert set(hold) == {"id", "covered"}
    swept = {"id", "purged", "held", "failed"}
    assert set(run("run_sweep", *IN_LAB, "--dry-run")) == swept
    assert set(run("run_sweep", *IN_LAB)) == swept
    override = ("--override", "--reason", "settled")
    assert run("release_hold", "--hold", hold["id"], *override) == hold

    sequencer.run(at=NOON)
    verified = run("verify_audit", *ON_HALDEN)
    assert set(verified) == {"entries", "verified", "first_bad_index"}
    exported = run("export_audit", *ON_HALDEN, "--out", str(tmp_path / "log.zip"))
    assert set(exported) == {"entries", "checkpoint"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_workspace", "--organization", "nobody", "--slug", "a", "--name", "A"),
        ("add_member", "--workspace", "nobody", "--email", JUN, "--role", "member"),
        ("verify_domain", "--organization", "nobody", "--domain", "x.example"),
        ("issue_scim_token", "--workspace", "nobody"),
        ("import_conversations", "--workspace", "nobody", "missing.json"),
        ("set_policy", "--workspace", "nobody", "--days", "90"),
        ("run_sweep", "--workspace", "nobody"),
        ("place_hold", "--workspace", "nobody", "--matter", "m"),
        ("release_hold", "--hold", str(uuid4()), "--override", "--reason", "r"),
        ("verify_audit", "--organization", "nobody"),
        ("export_audit", "--organization", "nobody", "--out", "x.zip"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_refusal_is_an_object_too(arguments: tuple[str, ...]):
    plan = ("--plan", "team") if arguments[0] == "create_workspace" else ()
    out = StringIO()

    with pytest.raises(CommandError) as refused:
        call_command(*arguments, *plan, "--json", stdout=out, stderr=StringIO())

    assert json.loads(out.getvalue()) == {"error": str(refused.value)}
    assert refused.value.returncode == 1


def test_a_hold_of_another_workspace_is_not_released_under_this_name(stage: Stage):
    stage.conversation(age=1)
    slug = stage.workspace.slug
    hold = run("place_hold", "--workspace", slug, "--matter", "m", "--member", JUN)
    release = ("release_hold", "--hold", hold["id"], "--override", "--reason", "r")

    with pytest.raises(CommandError, match=r"no hold .* in the workspace “other”"):
        run(*release, "--workspace", "other")

    assert run(*release, "--workspace", slug)["id"] == hold["id"]


def test_placing_the_same_hold_again_returns_it(stage: Stage):
    row = stage.conversation(age=1)
    other = stage.conversation(stage.other, age=1)
    place = ("place_hold", "--workspace", stage.workspace.slug, "--matter")
    scopes = ("--member", JUN, "--conversation", str(row.public_id))
    first = run(*place, "Case 12", *scopes)

    assert run(*place, " Case 12 ", *scopes) == first
    for another in (
        ("Case 13", *scopes),
        ("Case 12", "--member", JUN),
        ("Case 12", *scopes, "--conversation", str(other.public_id)),
    ):
        assert run(*place, *another)["id"] != first["id"]

    run("release_hold", "--hold", first["id"], "--override", "--reason", "settled")
    assert run(*place, "Case 12", *scopes)["id"] != first["id"]
