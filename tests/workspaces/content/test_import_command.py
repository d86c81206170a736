"""The command import_conversations, as the contract has it."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.workspaces.content.conftest import MEMBERS
from tests.workspaces.content.files import SAMPLES
from workspaces.content import selectors
from workspaces.tenancy.selectors import WorkspaceRef

IRC = str(SAMPLES / "ubuntu-irc.jsonl")
MINIMAL = str(SAMPLES / "chatgpt" / "mikegraham-minimal.json")
OWNERS = ("--assign-owners", ",".join(MEMBERS))


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(
        "import_conversations",
        *arguments,
        "--workspace=harbor",
        stdout=out,
        stderr=StringIO(),
    )
    return out.getvalue()


def test_it_prints_one_object(workspace: WorkspaceRef) -> None:
    told = json.loads(run(IRC, *OWNERS, "--latest-at=2026-11-01", "--json"))

    assert set(told) == {
        "id",
        "conversations",
        "messages",
        "files",
        "skipped",
        "warnings",
    }
    assert (told["conversations"], told["skipped"]) == (100, 0)
    assert told["warnings"] == []


def test_a_person_reads_lines(workspace: WorkspaceRef) -> None:
    assert "conversations: 5\n" in run(
        MINIMAL, *OWNERS, "--spread-dates=2026-01-01..2026-02-01"
    )


def test_dates_are_spread_over_the_days_given(
    workspace: WorkspaceRef, scope: Any
) -> None:
    run(MINIMAL, *OWNERS, "--spread-dates=2026-01-01..2026-02-01")

    with scope():
        months = {row.created_at.month for row in selectors.imported()}
    assert months == {1}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((MINIMAL,), r"mikegraham-minimal\.json, conversation 1: it names no owner"),
        ((MINIMAL, "--spread-dates=2026-01-01"), "takes two dates"),
        ((MINIMAL, "--spread-dates=2026-02-01..2026-01-01"), "ends before it begins"),
        ((MINIMAL, "--latest-at=soon"), "“soon” is no date"),
        ((MINIMAL, "--format=claude"), "the format “claude” cannot be imported yet"),
        (("/nowhere.json", *OWNERS), r"nowhere\.json: there is no such file"),
        ((MINIMAL, "--assign-owners=nobody"), "is no e-mail address"),
    ],
)
def test_a_refusal_is_one_sentence(
    workspace: WorkspaceRef, arguments: tuple[str, ...], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        run(*arguments)


def test_an_unknown_workspace_is_refused(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="here is no workspace “harbor”"):
        run(MINIMAL)
