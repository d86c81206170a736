"""Opens the names of projects, files and memories, for lists of any page."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from workspaces.projects.models import Memory, Project, ProjectFile
from workspaces.projects.storage import seals_of


def project_names(rows: Sequence[Project], workspace: UUID) -> Mapping[int, str]:
    """The names of projects by their ids; one whose key is gone is left out."""
    seals = seals_of(rows, table="workspaces_project", workspace=workspace)
    return {
        row.pk: seals[row.pk].open_text("name", row.name)
        for row in rows
        if row.pk in seals
    }


def file_names(rows: Sequence[ProjectFile], workspace: UUID) -> Mapping[int, str]:
    """The names of files by their ids."""
    seals = seals_of(rows, table="workspaces_projectfile", workspace=workspace)
    return {
        row.pk: seals[row.pk].open_words("sealed", row.sealed)["name"]
        for row in rows
        if row.pk in seals
    }


def memory_texts(rows: Sequence[Memory], workspace: UUID) -> Mapping[int, str]:
    """The texts of memories by their ids."""
    seals = seals_of(rows, table="workspaces_memory", workspace=workspace)
    return {
        row.pk: seals[row.pk].open_text("sealed", row.sealed)
        for row in rows
        if row.pk in seals
    }
