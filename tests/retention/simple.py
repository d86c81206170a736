"""Memories, projects and their files on a stage, for the tests of the doors."""

from typing import Any
from uuid import uuid4

from kit import vault
from tests.cast import Person
from tests.retention.conftest import Stage, days_ago
from workspaces.gpts.models import Gpt, GptFile
from workspaces.gpts.seals import Seals
from workspaces.projects.models import Memory, Project, ProjectFile, ProjectShare
from workspaces.projects.storage import Seal
from workspaces.tenancy.models import Workspace


def _common(stage: Stage, owner: Person | None, table: str) -> tuple[dict, Seal]:
    with stage.scope():
        parent = Workspace.objects.get(pk=stage.workspace.id).key_id
    key = vault.make_keys(parent=parent)[0]
    public_id = uuid4()
    columns = {
        "workspace_id": stage.workspace.id,
        "public_id": public_id,
        "owner_id": (owner or stage.member).membership.pk,
        "plan_written": stage.workspace.plan,
        "key_id": key.id,
        "key_made_at": key.made_at,
        "byte_count": 100,
        "created_at": days_ago(60),
    }
    seal = Seal(
        key.key, table=table, workspace=stage.workspace.public_id, row=public_id
    )
    return columns, seal


def memory(stage: Stage, owner: Person | None = None, **more: Any) -> Memory:
    columns, seal = _common(stage, owner, "workspaces_memory")
    with stage.scope():
        return Memory.objects.create(
            sealed=seal.text("sealed", "Lives in Malmö"), **{**columns, **more}
        )


def project(stage: Stage, owner: Person | None = None, **more: Any) -> Project:
    columns, seal = _common(stage, owner, "workspaces_project")
    with stage.scope():
        return Project.objects.create(
            **columns,
            name=seal.text("name", "Pilot"),
            instructions=seal.text("instructions", ""),
            changed_at=columns["created_at"],
            **more,
        )


def file(
    stage: Stage, project: Project, owner: Person | None = None, **more: Any
) -> ProjectFile:
    columns, seal = _common(stage, owner, "workspaces_projectfile")
    with stage.scope():
        return ProjectFile.objects.create(
            **{**columns, "blob_id": uuid4(), **more},
            project=project,
            sealed=seal.words("sealed", {"name": "plan.pdf"}),
            size=10,
        )


def gpt_file(
    stage: Stage, gpt: Gpt, owner: Person | None = None, **more: Any
) -> GptFile:
    columns, _seal = _common(stage, owner, "workspaces_gptfile")
    key = vault.read_keys([columns["key_id"]])[columns["key_id"]]
    seals = Seals(key, gpt=gpt.public_id)
    with stage.scope():
        return GptFile.objects.create(
            **{**columns, "blob_id": uuid4(), **more},
            gpt=gpt,
            sealed=seals.file(columns["public_id"], {"name": "rates.csv", "type": ""}),
        )


def share(stage: Stage, project: Project, person: Person) -> ProjectShare:
    with stage.scope():
        return ProjectShare.objects.create(
            workspace_id=stage.workspace.id,
            project=project,
            membership=person.membership,
            right="use",
            shared_at=days_ago(60),
        )


def gone(days: float) -> dict[str, Any]:
    return {"deleted_at": days_ago(days), "deleted_by": "owner"}
