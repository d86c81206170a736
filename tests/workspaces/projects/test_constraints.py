"""What the database itself refuses about projects, files, shares and memories."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, models, transaction

from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from workspaces.projects.models import (
    Memory,
    MemoryChoice,
    Project,
    ProjectFile,
    ProjectShare,
)

BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (Memory, {"plan_written": "gold"}, "memory_plan_known"),
    (Memory, {"deleted_by": "owner"}, "memory_deleted_who_and_when"),
    (Project, {"plan_written": "gold"}, "project_plan_known"),
    (Project, {"deleted_at": NOON}, "project_deleted_who_and_when"),
    (ProjectFile, {"plan_written": "gold"}, "projectfile_plan_known"),
    (ProjectFile, {"deleted_at": NOON}, "projectfile_deleted_who_and_when"),
    (ProjectShare, {"right": "own"}, "projectshare_right_known"),
    (ProjectShare, {"membership_id": None}, "projectshare_names_one"),
]


@pytest.mark.parametrize(("model", "values", "name"), BROKEN)
def test_the_database_refuses(stage: Stage, model, values, name):
    project = simple.project(stage)
    simple.memory(stage)
    simple.file(stage, project)
    simple.share(stage, project, stage.other)
    # A new row like the one that is there: the app role may change next to nothing.
    with stage.scope():
        row = model.objects.values().get()
    row |= {name: uuid4() for name in ("public_id", "key_id", "blob_id") if name in row}
    if model is ProjectShare:
        row["membership_id"] = stage.owner.membership.pk
    del row["id"]

    with (
        stage.scope(),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        model.objects.create(**row | values)


def test_a_share_and_a_switch_are_there_once(stage: Stage):
    project = simple.project(stage)
    simple.share(stage, project, stage.other)
    choice = {
        "workspace_id": stage.workspace.id,
        "membership": stage.other.membership,
        "is_on": True,
        "changed_at": NOON,
    }
    with stage.scope():
        MemoryChoice.objects.create(**choice)
    with (
        stage.scope(),
        pytest.raises(IntegrityError, match="memorychoice_member_once"),
        transaction.atomic(),
    ):
        MemoryChoice.objects.create(**choice)
    with pytest.raises(IntegrityError, match="projectshare_member_once"):
        simple.share(stage, project, stage.other)


@pytest.mark.parametrize("model", [Memory, Project])
def test_nothing_is_owned_by_a_member_of_another_workspace(stage: Stage, model):
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    make = simple.memory if model is Memory else simple.project

    # The key is checked at the end of the statement.
    with pytest.raises(IntegrityError, match="owner_id_fk"):
        make(stage, stranger)
