"""Registers projects, their files and memories as kinds of stored content."""

from django.utils.translation import gettext_lazy as _

from kit import content_kinds
from kit.content_kinds import ContentKind, Governed, Part, Storage
from workspaces.projects import naming

MEMORIES = "memories"
PROJECTS = "projects"
FILES = "project_files"

_MEMBER = frozenset({"member"})
_PROJECT = frozenset({"member", "project"})
_DOOR = "retention.deletions"
# What a store that broke the rules could hold: a key that nobody would destroy.
_LEFT = (
    "select count(*) from {table} c join retention_doom d"
    " on d.kind = 'key' and d.object_id = c.key_id"
)
_KINDS = (
    ContentKind(
        name=MEMORIES,
        model="workspaces.Memory",
        owner="owner",
        clock="created_at",
        held_by=_MEMBER,
        delete_door=_DOOR,
        purged_with=None,
        leftovers=_LEFT.format(table="workspaces_memory"),
        probe="public_id",
        storage=Storage(
            noun="memory",
            label=_("memory"),
            labels=_("memories"),
            table="workspaces_memory",
            titles=naming.memory_texts,
            page="workspaces:my-memories",
        ),
    ),
    ContentKind(
        name=PROJECTS,
        model="workspaces.Project",
        owner="owner",
        clock="changed_at",
        held_by=_PROJECT,
        delete_door=_DOOR,
        purged_with=None,
        leftovers=_LEFT.format(table="workspaces_project"),
        probe="public_id",
        storage=Storage(
            noun="project",
            label=_("project"),
            labels=_("projects"),
            table="workspaces_project",
            parts=(
                Part(
                    table="workspaces_projectfile",
                    parent="project_id",
                    owner="owner_id",
                    key="key_id",
                    blob="blob_id",
                ),
                Part(table="workspaces_projectshare", parent="project_id"),
            ),
            scope=("project_id", "id"),
            titles=naming.project_names,
            page="workspaces:my-projects",
            consequence=_(
                "Its files go with it. The conversations in it stay with whoever owns"
                " them, outside the project; so do yours. What only a policy of the"
                " project kept is hidden at once, and goes with it."
            ),
        ),
    ),
    ContentKind(
        name=FILES,
        model="workspaces.ProjectFile",
        owner="owner",
        clock="created_at",
        held_by=_PROJECT,
        delete_door=_DOOR,
        purged_with=None,
        leftovers="select count(*) from workspaces_projectfile f where not exists"
        " (select from workspaces_project p where p.id = f.project_id"
        " and p.workspace_id = f.workspace_id)",
        probe="public_id",
        storage=Storage(
            noun="project-file",
            label=_("file of a project"),
            labels=_("files of projects"),
            table="workspaces_projectfile",
            blob="blob_id",
            scope=("project_id", "project_id"),
            titles=naming.file_names,
            page="workspaces:my-projects",
        ),
    ),
)
_GOVERNED = (
    Governed(
        name=MEMORIES,
        labels=_("memories"),
        clock="created_at",
        losses=_("Chats no longer remember what members told them before."),
    ),
    Governed(
        name=FILES,
        labels=_("files of projects"),
        clock="created_at",
        losses=_(
            "Chats in a project no longer know what was in its older files, until"
            " somebody puts them there again."
        ),
        project="project_id",
    ),
)


def register() -> None:
    """Called once, when the app is ready."""
    for kind in _KINDS:
        content_kinds.register(kind)
    for governed in _GOVERNED:
        content_kinds.govern(governed)
