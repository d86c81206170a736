"""Keys for programs, and objects of every kind, at a noon that stands still."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from kit import clock
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from tests.workspaces.gpts import studio
from workspaces.keys.services import api_keys

KINDS = (
    *("conversations", "memories", "projects"),
    *("project_files", "gpts", "gpt_files"),
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    cache.clear()
    with clock.fixed_at(NOON):
        yield


def key(stage: Stage, *scopes: str, is_of_workspace: bool = True) -> str:
    return api_keys.issue(
        actor=stage.owner.actor,
        organization=stage.workspace.organization,
        workspace=stage.workspace if is_of_workspace else None,
        name="E-discovery",
        scopes=list(scopes),
        days=365,
        at=NOON,
    ).secret


def ask(secret: str, method: str, path: str) -> Any:
    client = Client(headers={"authorization": f"Bearer {secret}"})
    return getattr(client, method)(f"/v1/compliance/{path}")


_MAKE: dict[str, Callable[..., Any]] = {
    "conversations": lambda stage, **more: stage.conversation(age=60, **more),
    "memories": simple.memory,
    "projects": simple.project,
    "project_files": lambda stage, **more: simple.file(
        stage, simple.project(stage), **more
    ),
}


def make(stage: Stage, kind: str, **more: Any) -> Any:
    """One object of a kind, of the stage's member, sixty days old."""
    if kind == "gpts":
        return _gpt(stage, **more)
    if kind == "gpt_files":
        return simple.gpt_file(stage, studio.make(stage.member), **more)
    return _MAKE[kind](stage, **more)


def _gpt(stage: Stage, **more: Any) -> Any:
    row = studio.make(stage.member)
    with stage.scope():
        if more:
            type(row).objects.filter(pk=row.pk).update(**more)
        return type(row).objects.get(pk=row.pk)
