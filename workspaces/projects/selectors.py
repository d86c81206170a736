"""Answers which projects and memories a member has or sees, with their names opened.

Nobody else finds any: not an admin, not another member, unless the owner shared the
project with them or with a group of theirs.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from kit import blobs
from kit.blobs import BlobMissing
from kit.http import keyset
from kit.refusals import Refused
from kit.sealed_streams import open_stream
from workspaces.access import selectors as access
from workspaces.access.features import Feature
from workspaces.access.verdicts import Verdict
from workspaces.content import visibility
from workspaces.content.models import Conversation
from workspaces.groups.models import Group
from workspaces.members.models import Membership, MembershipStatus
from workspaces.projects import naming
from workspaces.projects.models import (
    Memory,
    MemoryChoice,
    Project,
    ProjectFile,
    ProjectShare,
    ShareRight,
)
from workspaces.projects.storage import seals_of
from workspaces.tenancy.selectors import WorkspaceRef

PAGE = 25
Opened = TypeVar("Opened")
_NEWEST: keyset.Order = (("changed_at", "desc"), ("id", "desc"))
_LATEST: keyset.Order = (("created_at", "desc"), ("id", "desc"))


class UnknownProject(Refused):
    """No such project for whoever asks."""

    status = 404


class UnknownChat(Refused):
    """No such conversation of the member's own."""

    status = 404


class UnknownFile(Refused):
    """No such file in the project, or its key is destroyed."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One project as a member sees it; `right` is None for its owner."""

    row: Project
    right: ShareRight | None
    name: str = field(repr=False)
    files: int = 0

    @property
    def is_mine(self) -> bool:
        """Whether the member owns it."""
        return self.right is None

    @property
    def may_edit(self) -> bool:
        """Whether the member may put files into it and change its words."""
        return self.right in (None, ShareRight.EDIT)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One share: with whom, to do what."""

    row: ProjectShare
    name: str
    is_group: bool


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """One memory with its text; None where its key is destroyed."""

    row: Memory
    text: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Listed(Generic[Opened]):
    """A page of opened rows, with what leads to the pages around it."""

    rows: list[Opened]
    next: str | None
    previous: str | None


def member(*, membership_id: int) -> Membership:
    """The membership that a page of a person is about."""
    return Membership.objects.get(pk=membership_id)


def may(*, member: Membership, feature: Feature) -> Verdict:
    """Whether a feature is on for the member, and why."""
    return access.decide(member=member, feature=feature)


def mine(
    *, member: Membership, workspace: UUID, after: str | None = None
) -> Listed[Seen]:
    """A page of the member's own projects, the last changed first."""
    rows = Project.objects.filter(owner=member, deleted_at__isnull=True)
    page = keyset.page(rows, order=_NEWEST, after=after, size=PAGE)
    seen = _seen(page.rows, dict.fromkeys([p.pk for p in page.rows]), workspace)
    return Listed(rows=seen, next=page.next, previous=page.previous)


def shared_with(*, member: Membership, workspace: UUID) -> list[Seen]:
    """The projects of others that the member sees, the last changed first."""
    rights = _rights(member)
    rows = Project.objects.filter(pk__in=rights, deleted_at__isnull=True).exclude(
        owner=member
    )
    found = list(rows.order_by("-changed_at", "-id")[:PAGE])
    return _seen(found, rights, workspace)


def one(*, member: Membership, project: UUID, workspace: UUID) -> Seen:
    """A project that the member owns or that is shared with them."""
    row = Project.objects.filter(public_id=project, deleted_at__isnull=True).first()
    if row is None:
        raise UnknownProject(_("There is no such project."))
    rights: Mapping[int, ShareRight | None] = {row.pk: None}
    if row.owner_id != member.pk:
        rights = _rights(member, project_id=row.pk)
        if row.pk not in rights:
            raise UnknownProject(_("There is no such project."))
    return _seen([row], rights, workspace)[0]


def instructions_of(*, seen: Seen, workspace: UUID) -> str:
    """What the project tells each chat in it."""
    seals = seals_of([seen.row], table="workspaces_project", workspace=workspace)
    if seen.row.pk not in seals:
        raise UnknownProject(_("The key of this project is destroyed."))
    return seals[seen.row.pk].open_text("instructions", seen.row.instructions)


def files_of(
    *, seen: Seen, workspace: UUID, at: datetime
) -> list[tuple[ProjectFile, str]]:
    """The files in a project with their names, the newest first."""
    rows = list(_live_files(seen, at=at).order_by("-created_at", "-id"))
    names = naming.file_names(rows, workspace) if rows else {}
    return [(row, names[row.pk]) for row in rows if row.pk in names]


def _live_files(seen: Seen, *, at: datetime) -> QuerySet[ProjectFile]:
    """The files in a project that nobody deleted and no policy hides."""
    rows = ProjectFile.objects.filter(project=seen.row, deleted_at__isnull=True)
    found: QuerySet[ProjectFile] = visibility.unexpired(
        rows, kind="project_files", workspace_id=seen.row.workspace_id, at=at
    )
    return found


def file_bytes(
    *, seen: Seen, file: UUID, workspace: UUID, at: datetime
) -> tuple[str, bytes]:
    """The name and the bytes of one file in a project."""
    row = _live_files(seen, at=at).filter(public_id=file).first()
    seals = seals_of(
        [row] if row else [], table="workspaces_projectfile", workspace=workspace
    )
    if row is None or row.pk not in seals:
        raise UnknownFile(_("There is no such file."))
    seal = seals[row.pk]
    try:
        sealed = blobs.store().open(row.blob_id)
    except BlobMissing:
        # Purged since the row was read; bytes that are missing under a row are lost.
        if ProjectFile.objects.filter(pk=row.pk).exists():
            raise
        raise UnknownFile(_("There is no such file.")) from None
    content = b"".join(open_stream(sealed, key=seal.key, aad=seal.blob()))
    return seal.open_words("sealed", row.sealed)["name"], content


def conversations_of(
    *, member: Membership, workspace: WorkspaceRef, at: datetime
) -> QuerySet[Conversation]:
    """The member's own conversations that they still see; nobody sees another's."""
    return visibility.visible_to(workspace=workspace, membership_id=member.pk, at=at)


def own_conversation(
    *, member: Membership, workspace: WorkspaceRef, conversation: str, at: datetime
) -> Conversation:
    """One of them by its public id."""
    found = None
    with suppress(ValueError):
        rows = conversations_of(member=member, workspace=workspace, at=at)
        found = rows.filter(public_id=UUID(conversation)).first()
    if found is None:
        raise UnknownChat(_("There is no such conversation."))
    return found


def shares_of(*, seen: Seen) -> list[Shared]:
    """With whom the owner shares a project."""
    rows = list(ProjectShare.objects.filter(project=seen.row).order_by("id"))
    people = Membership.objects.in_bulk(
        [r.membership_id for r in rows if r.membership_id]
    )
    groups = Group.objects.in_bulk([r.group_id for r in rows if r.group_id])
    return [
        Shared(
            row=row,
            name=groups[row.group_id].name
            if row.group_id
            else people[row.membership_id or 0].email,
            is_group=row.group_id is not None,
        )
        for row in rows
    ]


def colleague(*, email: str) -> Membership | None:
    """The active member with this address."""
    return Membership.objects.filter(
        email=email.strip().lower(), status=MembershipStatus.ACTIVE
    ).first()


def memories(
    *, member: Membership, workspace: UUID, after: str | None = None, at: datetime
) -> Listed[Remembered]:
    """A page of what is remembered about the member, the newest first."""
    rows = visibility.unexpired(
        Memory.objects.filter(owner=member, deleted_at__isnull=True),
        kind="memories",
        workspace_id=member.workspace_id,
        at=at,
    )
    page = keyset.page(rows, order=_LATEST, after=after, size=PAGE)
    texts = naming.memory_texts(page.rows, workspace) if page.rows else {}
    found = [Remembered(row=row, text=texts.get(row.pk)) for row in page.rows]
    return Listed(rows=found, next=page.next, previous=page.previous)


def memory_is_on(*, member: Membership) -> bool:
    """The member's own switch; on until they turn it off."""
    choice = MemoryChoice.objects.filter(membership=member).first()
    return choice is None or choice.is_on


def may_remember(*, member: Membership) -> Verdict:
    """Whether a chat may remember something about the member: both must say yes."""
    verdict = may(member=member, feature=Feature.MEMORY_USE)
    if verdict.allowed and not memory_is_on(member=member):
        return Verdict(
            allowed=False,
            reason=_("The member has turned memory off."),
            value=verdict.value,
            trail=verdict.trail,
        )
    return verdict


def _rights(
    member: Membership, *, project_id: int | None = None
) -> Mapping[int, ShareRight | None]:
    """The greatest right that shares give the member, by project."""
    groups = access.belongings(membership_id=member.pk).group_ids
    shares = ProjectShare.objects.filter(Q(membership=member) | Q(group_id__in=groups))
    if project_id is not None:
        shares = shares.filter(project_id=project_id)
    found: dict[int, ShareRight | None] = {}
    for project, right in shares.values_list("project_id", "right"):
        if found.get(project) != ShareRight.EDIT:
            found[project] = ShareRight(right)
    return found


def _seen(
    rows: Sequence[Project],
    rights: Mapping[int, ShareRight | None],
    workspace: UUID,
) -> list[Seen]:
    if not rows:
        return []
    names = naming.project_names(rows, workspace)
    files = dict(
        ProjectFile.objects.filter(project__in=rows, deleted_at__isnull=True)
        .values_list("project_id")
        .annotate(n=Count("id"))
        .order_by("project_id")
    )
    return [
        Seen(
            row=row,
            right=rights[row.pk],
            name=names[row.pk],
            files=files.get(row.pk, 0),
        )
        for row in rows
        if row.pk in names
    ]
