"""What every management command prints, and how it ends."""

import json
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from kit.commands import Failed, JsonCommand
from kit.refusals import Refused


class Greet(JsonCommand):
    def options(self, parser: Any) -> None:
        parser.add_argument("--name", required=True)

    def act(self, *, name: str, **_: Any) -> dict[str, Any]:
        self.note("looking for the name")
        if name == "nobody":
            raise Refused("There is nobody to greet.")
        if name == "defect":
            return {"id": {}["missing"]}
        if name == "late":
            raise Failed({"greeted": False})
        return {"id": UUID(int=1), "name": name, "tags": ["a", "b"]}


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(Greet(stdout=out, stderr=err), *arguments)
    return out.getvalue(), err.getvalue()


def test_json_is_one_object_and_notes_go_elsewhere() -> None:
    out, err = run("--name", "Mara", "--json")

    assert json.loads(out) == {
        "id": "00000000-0000-0000-0000-000000000001",
        "name": "Mara",
        "tags": ["a", "b"],
    }
    assert err == "looking for the name\n"


def test_a_person_reads_lines() -> None:
    out, _ = run("--name", "Mara")

    assert "name: Mara\n" in out
    assert "  a\n  b" in out


def test_a_refusal_is_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"^There is nobody to greet\.$"):
        run("--name", "nobody", "--json")


def test_with_json_a_refusal_is_an_object_too() -> None:
    out = StringIO()

    with pytest.raises(CommandError):
        call_command(Greet(stdout=out, stderr=StringIO()), "--name", "nobody", "--json")

    assert json.loads(out.getvalue()) == {"error": "There is nobody to greet."}


def test_without_json_a_refusal_is_no_object() -> None:
    out = StringIO()

    with pytest.raises(CommandError):
        call_command(Greet(stdout=out, stderr=StringIO()), "--name", "nobody")

    assert out.getvalue() == "looking for the name\n"


def test_a_defect_is_not_mistaken_for_a_refusal() -> None:
    with pytest.raises(KeyError):
        run("--name", "defect")


def test_a_result_that_is_a_failure_is_printed_and_ends_with_one() -> None:
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command(Greet(stdout=out, stderr=StringIO()), "--name", "late", "--json")

    assert ended.value.code == 1
    assert json.loads(out.getvalue()) == {"greeted": False}
