"""The retention commands of the contract, with their JSON."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.cast import NOON
from tests.retention.conftest import Stage

pytestmark = pytest.mark.usefixtures("clock")


def run(name: str, stage: Stage, *arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(
        name, "--workspace", stage.workspace.slug, *arguments, "--json", stdout=out
    )
    return json.loads(out.getvalue())


def test_policy_preview_sweep_and_dry_run_agree(stage: Stage):
    for age in (10, 100, 200):
        stage.conversation(age=age)

    policy = run("set_policy", stage, "--days", "90", "--undo-days", "0")
    dry = run("run_sweep", stage, "--dry-run")
    swept = run("run_sweep", stage)

    assert policy["version"] == 1
    assert policy["in_force_at"] == NOON.isoformat().replace("+00:00", "Z")
    assert policy["preview"] == {
        "conversations": 2,
        "messages": 2,
        "files": 2,
        "bytes": 2000,
        "held": 0,
    }
    assert dry == {"id": None, "purged": 2, "held": 0, "failed": 0}
    assert (swept["purged"], swept["held"], swept["failed"]) == (2, 0, 0)
    assert len(stage.stored()) == 1


def test_setting_what_is_set_returns_it(stage: Stage):
    first = run("set_policy", stage, "--days", "90")

    assert run("set_policy", stage, "--days", "90")["id"] == first["id"]


def test_a_hold_is_placed_and_released(stage: Stage):
    stage.conversation(age=1)
    row = stage.conversation(stage.other, age=1)
    placed = run(
        "place_hold",
        stage,
        *("--matter", "Case 12", "--member", stage.member.membership.email),
        *("--conversation", str(row.public_id)),
    )
    assert placed["covered"] == 2

    hold = ("--hold", placed["id"], "--reason", "settled")
    with pytest.raises(CommandError, match="override"):
        run("release_hold", stage, *hold)
    assert run("release_hold", stage, *hold, "--override")["id"] == placed["id"]


def test_a_refusal_is_one_sentence(stage: Stage):
    with pytest.raises(CommandError, match="Keep conversations for 1 to 3650 days"):
        run("set_policy", stage, "--days", "0")
    with pytest.raises(CommandError, match="no member"):
        run("place_hold", stage, "--matter", "m", "--member", "ghost@halden.example")
