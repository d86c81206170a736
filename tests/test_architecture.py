"""The directions of imports hold, and every writer with an actor records."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config.launcher.surroundings import BASE_DIR

APPS = ("audit", "workspaces", "retention")
Function = tuple[str, str]
# Writers with an actor that leave no entry, each with its reason.
SILENT: dict[str, str] = {
    "workspaces.connectors.services.linking.begin": (
        "keeps an attempt for ten minutes; its answer is recorded"
    ),
    "workspaces.bulk.services.demand": "only refuses; what is done is recorded",
    "workspaces.invitations.services.batches.judge": "only says what would happen",
    "retention.holds.services.telling.ask": "tells of what asking records",
    "retention.policies.drafts.services.telling.ask": "tells of what sending records",
    "retention.policies.services.demand_settable": "only refuses; setting is recorded",
    "workspaces.signin.services.trials.begin": "stores nothing; its answer is recorded",
}


def test_imports_run_in_the_directions_of_the_architecture() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run(
        [linter, "--no-cache"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_every_slice_is_in_the_contract_of_its_inside() -> None:
    contracts = (BASE_DIR / "pyproject.toml").read_text()

    missing = [name for name in _slices() if f'"{name}",' not in contracts]

    assert missing == []


def test_every_service_with_an_actor_records() -> None:
    """A function records if it calls `audit.recording`, or a function that records."""
    calls = {one: set(_calls(one)) for one in _functions()}
    recording: set[Function] = set()
    while grown := {
        one
        for one, called in calls.items()
        if one not in recording
        and any(c in recording or c[0].startswith("audit.recording") for c in called)
    }:
        recording |= grown

    silent = sorted(".".join(one) for one in set(_writers()) - recording)

    assert set(silent) == set(SILENT), "call recording.record, or say in SILENT why not"


def _writers() -> Iterator[Function]:
    """Public services that take an actor."""
    for (module, name), function in _functions().items():
        arguments = (*function.args.args, *function.args.kwonlyargs)
        has_actor = any(one.arg == "actor" for one in arguments)
        if ".services" in module and has_actor and not name.startswith("_"):
            yield module, name


@cache
def _functions() -> dict[Function, ast.FunctionDef]:
    return {
        (module, one.name): one
        for module, tree in _trees().items()
        for one in tree.body
        if isinstance(one, ast.FunctionDef)
    }


@cache
def _trees() -> dict[str, ast.Module]:
    paths = [path for app in APPS for path in (BASE_DIR / app).rglob("*.py")]
    return {_dotted(path): ast.parse(path.read_text()) for path in paths}


@cache
def _imported(module: str) -> dict[str, Function]:
    """What each imported name of a module stands for."""
    froms = (n for n in ast.walk(_trees()[module]) if isinstance(n, ast.ImportFrom))
    return {
        alias.asname or alias.name: (one.module or "", alias.name)
        for one in froms
        for alias in one.names
    }


def _calls(function: Function) -> Iterator[Function]:
    module = function[0]
    for call in ast.walk(_functions()[function]):
        called = call.func if isinstance(call, ast.Call) else None
        if isinstance(called, ast.Name):
            yield _resolved(_imported(module).get(called.id, (module, called.id)))
        elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            owner = _imported(module).get(called.value.id)
            if owner:
                yield _resolved((".".join(owner), called.attr))


def _resolved(function: Function) -> Function:
    """Follows the re-export of a package to where the function is defined."""
    module, name = function
    if module in _trees() and function not in _functions():
        return _imported(module).get(name, function)
    return function


def _dotted(path: Path) -> str:
    parts = path.relative_to(BASE_DIR).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _slices() -> list[str]:
    folders = (one for app in APPS for one in (BASE_DIR / app).iterdir())
    outside = {"migrations", "management", "templatetags"}
    return [
        f"{folder.parent.name}.{folder.name}"
        for folder in folders
        if (folder / "__init__.py").exists() and folder.name not in outside
    ]
