"""Finds the scope that a page or a person names, and says its name."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from kit import content_kinds
from kit.content_kinds import Governed
from kit.refusals import Refused
from retention.policies.models import CONVERSATIONS, WORKSPACE, Scope, ScopeKind
from workspaces.groups import selectors as groups
from workspaces.groups.models import Group
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.projects.models import Project


class NobodyIsNamed(Refused):
    """The workspace has no group, member or project of that name."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Place:
    """A scope and a kind, as an address names them; `of` is a public id or empty."""

    scope: Scope
    of: str
    content_kind: str

    @property
    def governed(self) -> Governed:
        """The kind, with its clock and its words."""
        return content_kinds.governed_named(self.content_kind)

    @property
    def query(self) -> dict[str, str]:
        """The parameters that lead here; those of the workspace's default are empty."""
        is_default = self.scope == WORKSPACE
        return {
            "scope": "" if is_default else self.scope.kind.value,
            "of": self.of,
            "kind": "" if self.content_kind == CONVERSATIONS else self.content_kind,
        }


def place(*, scope: str, of: str, kind: str) -> Place | None:
    """What an address names; None where there is no such thing here."""
    content_kind = kind or CONVERSATIONS
    if content_kind not in {governed.name for governed in content_kinds.governed()}:
        return None
    if scope in ("", ScopeKind.WORKSPACE.value):
        return Place(scope=WORKSPACE, of="", content_kind=content_kind)
    found = _row(scope, of)
    if found is None:
        return None
    return Place(scope=Scope(ScopeKind(scope), found), of=of, content_kind=content_kind)


def find(*, kind: str, name: str) -> str:
    """The public id of the group, member or project that a person named."""
    text = name.strip()
    if kind == ScopeKind.GROUP.value:
        return str(groups.named(name=text).public_id)
    if kind == ScopeKind.MEMBER.value:
        return str(members.addressed(email=text).public_id)
    if kind == ScopeKind.PROJECT.value and _row(kind, text) is not None:
        return text
    raise NobodyIsNamed(
        _(
            "There is no such project here. Enter its id: what projects are called is"
            " their members' own."
        )
    )


def labels(scopes: Collection[Scope]) -> dict[Scope, str]:
    """What pages call these scopes; a project by owner and id, never by its name."""
    known = {
        **_groups(_ids(scopes, ScopeKind.GROUP)),
        **_members(_ids(scopes, ScopeKind.MEMBER)),
        **_projects(_ids(scopes, ScopeKind.PROJECT)),
        WORKSPACE: _("Workspace default"),
    }
    return {scope: known.get(scope, _("no longer here")) for scope in scopes}


def public_ids(scopes: Collection[Scope]) -> dict[Scope, str]:
    """The public ids of these scopes, for links; those that are gone are missing."""
    found: dict[Scope, str] = {WORKSPACE: ""}
    for kind, model in _MODELS.items():
        rows = model.objects.filter(pk__in=_ids(scopes, kind))
        rows = rows.values_list("pk", "public_id")
        found |= {Scope(kind, pk): str(public_id) for pk, public_id in rows}
    return found


_MODELS: dict[ScopeKind, Any] = {
    ScopeKind.GROUP: Group,
    ScopeKind.MEMBER: Membership,
    ScopeKind.PROJECT: Project,
}


def _row(kind: str, of: str) -> int | None:
    try:
        public_id, model = UUID(of), _MODELS[ScopeKind(kind)]
    except (ValueError, KeyError):
        return None
    found: int | None = (
        model.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
    )
    return found


def _ids(scopes: Collection[Scope], kind: ScopeKind) -> set[int]:
    return {s.id for s in scopes if s.kind is kind and s.id is not None}


def _groups(ids: set[int]) -> dict[Scope, str]:
    rows = Group.objects.filter(pk__in=ids).values_list("pk", "name")
    return {Scope(ScopeKind.GROUP, pk): name for pk, name in rows}


def _members(ids: set[int]) -> dict[Scope, str]:
    rows = Membership.objects.filter(pk__in=ids).values_list("pk", "name", "email")
    return {Scope(ScopeKind.MEMBER, pk): name or email for pk, name, email in rows}


def _projects(ids: set[int]) -> dict[Scope, str]:
    rows = Project.objects.filter(pk__in=ids).values_list("pk", "public_id", "owner_id")
    found = list(rows)
    owners = members.by_id(ids={owner for _pk, _public_id, owner in found})
    return {
        Scope(ScopeKind.PROJECT, pk): _("project %(id)s of %(owner)s")
        % {"id": str(public_id)[:8], "owner": owners[owner].name or owners[owner].email}
        for pk, public_id, owner in found
    }
