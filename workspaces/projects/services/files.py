"""Puts files into projects, each sealed with a key of its own."""

from datetime import datetime

from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import blobs, coverage, ids
from kit.actor import Actor
from kit.refusals import Refused
from kit.sealed_streams import seal_stream
from workspaces.access.features import Feature
from workspaces.members.models import Membership
from workspaces.projects import limits, selectors
from workspaces.projects.models import Project, ProjectFile
from workspaces.projects.selectors import Seen
from workspaces.projects.services.keeping import (
    TooMany,
    demand_edit,
    demand_feature,
    new_key,
    seal_with,
)
from workspaces.tenancy.selectors import WorkspaceRef


class FileRefused(Refused):
    """A file has a name and at most so many bytes."""

    status = 400


def add_file(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    seen: Seen,
    name: str,
    content: bytes,
    at: datetime,
) -> ProjectFile:
    """Stores a file in a project; a hold on who puts it there then covers it all."""
    coverage.before_widening()
    demand_feature(actor, member, Feature.PROJECTS_USE)
    demand_feature(actor, member, Feature.FILE_UPLOAD)
    demand_edit(seen)
    name = _file_name(name)
    if not content or len(content) > limits.FILE_BYTES:
        raise FileRefused(
            _("A file may have 1 to %s bytes.") % f"{limits.FILE_BYTES:,}"
        )
    _demand_room(seen)
    key, public_id, blob_id = new_key(workspace), ids.new_uuid(), ids.new_uuid()
    seal = seal_with(key, "workspaces_projectfile", workspace, public_id)
    sealed = seal.words("sealed", {"name": name})
    # Before the row: a blob without a row is found by its age.
    stored = blobs.store().put(
        blob_id, seal_stream([content], key=seal.key, aad=seal.blob())
    )
    made = ProjectFile.objects.create(
        workspace_id=workspace.id,
        public_id=public_id,
        project=seen.row,
        owner=member,
        plan_written=workspace.plan,
        key_id=key.id,
        key_made_at=key.made_at,
        sealed=sealed,
        blob_id=blob_id,
        size=len(content),
        byte_count=len(sealed) + stored,
        created_at=at,
    )
    Project.objects.filter(pk=seen.row.pk).update(changed_at=at)
    record(
        actor=actor,
        action="workspaces.project-file.added",
        target=Target(kind="project-file", id=public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts={"bytes": made.byte_count},
        details={"project": str(seen.row.public_id)},
    )
    return made


def _demand_room(seen: Seen) -> None:
    """Locks the project, so that two uploads at once cannot pass the limit."""
    live = Project.objects.select_for_update(no_key=True).filter(
        pk=seen.row.pk, deleted_at__isnull=True
    )
    if not live.exists():
        raise selectors.UnknownProject(_("There is no such project."))
    files = ProjectFile.objects.filter(project=seen.row, deleted_at__isnull=True)
    if files.count() >= limits.FILES_IN_PROJECT:
        raise TooMany(_("A project may have %s files.") % limits.FILES_IN_PROJECT)


def _file_name(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > limits.FILE_NAME:
        raise FileRefused(
            _("A file has a name of at most %s characters.") % limits.FILE_NAME
        )
    return name
