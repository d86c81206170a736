"""Which membership a page of the person is about, and the scope that it opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from kit import scoping
from kit.actor import Actor
from workspaces.members import acting
from workspaces.members.models import Membership
from workspaces.projects import selectors
from workspaces.projects.selectors import Seen, UnknownProject
from workspaces.tenancy.selectors import Access, WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Here:
    """The person as a member of one workspace, whose scope is open."""

    access: Access
    actor: Actor
    member: Membership

    @property
    def workspace(self) -> WorkspaceRef:
        """The workspace."""
        return self.access.workspace

    def url(self, name: str, **names: UUID) -> str:
        """A page of the person about this workspace."""
        query = urlencode({"in": self.workspace.slug})
        return f"{reverse(name, kwargs=names)}?{query}"


@contextmanager
def chosen(request: Any) -> Iterator[Here]:
    """The workspace asked for, or the first; 404 where the person is not in it."""
    slug = request.POST.get("in") or request.GET.get("in")
    found: list[Access] = [
        access
        for access in request.accesses
        if slug in (None, "", access.workspace.slug)
    ]
    if not found:
        raise Http404
    with _open(request, found[0]) as here:
        yield here


@contextmanager
def about(request: Any, project: UUID) -> Iterator[tuple[Here, Seen]]:
    """The workspace in which the person sees the project; 404 where in none."""
    for access in request.accesses:
        with _open(request, access) as here:
            try:
                seen = selectors.one(
                    member=here.member,
                    project=project,
                    workspace=here.workspace.public_id,
                )
            except UnknownProject:
                continue
            yield here, seen
            return
    raise Http404


def segments(request: Any, here: Here, name: str) -> list[dict[str, Any]]:
    """The workspaces of a person who is in several."""
    if len(request.accesses) < 2:
        return []
    return [
        {
            "label": access.workspace.name,
            "url": f"{reverse(name)}?{urlencode({'in': access.workspace.slug})}",
            "chosen": access == here.access,
        }
        for access in request.accesses
    ]


@contextmanager
def _open(request: Any, access: Access) -> Iterator[Here]:
    with scoping.workspace(
        workspace_id=access.workspace.id,
        organization_id=access.workspace.organization.id,
    ):
        yield Here(
            access=access,
            actor=acting.in_workspace(
                user=request.user,
                access=access,
                ip=request.actor.ip,
                user_agent=request.actor.user_agent,
            ),
            member=selectors.member(membership_id=access.membership_id),
        )
