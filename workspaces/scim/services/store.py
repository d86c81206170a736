"""Stores the resources of one workspace for the core.

One operation of the core is one transaction in the workspace's scope. Everything that
writes first takes one advisory lock for its workspace: users and groups hold rows of
each other, and without the lock two deletions at once end in a deadlock. The lock also
makes every check of a name sound; the constraints behind it are the second line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection

from kit import ids, scoping
from workspaces.groups.services import MemberChange
from workspaces.scim import core, filters, selectors
from workspaces.scim.models import Kind, ScimResource
from workspaces.scim.services import circles, rows, users
from workspaces.scim.services.people import Writer
from workspaces.scim.services.users import LastOwnerStays

_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"


class Store(core.ScimStorage):
    """Users and groups of one workspace."""

    supports_cursors = True

    def __init__(self, writer: Writer, *, writes: bool = True) -> None:
        self._writer = writer
        self._writes = writes
        self._shows_members = True

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One transaction, and the turn of this workspace if it may write."""
        try:
            with self._scope():
                if self._writes:
                    self._take_turn()
                yield
        except LastOwnerStays as refusal:
            users.record_refusal(self._writer, refusal)
            raise

    @property
    def writer(self) -> Writer:
        """Who writes, under the switches as they are in this operation."""
        return self._writer

    @contextmanager
    def without_members(self) -> Iterator[None]:
        """Groups are read without their members, whom the caller replaces anyway."""
        self._shows_members = False
        try:
            yield
        finally:
            self._shows_members = True

    def get(
        self,
        resource_type: core.ResourceType,
        resource_id: str,
        *,
        response_parameters: core.ResponseParameters[Any] | None = None,
    ) -> core.Resource[Any]:
        """The resource; while writing, its row is locked."""
        with self._scope():
            row = self._row(_kind(resource_type), resource_id)
            return self._resources(
                [row], response_parameters, with_relations=self._shows_members
            )[0]

    def search(
        self,
        resource_types: list[core.ResourceType],
        search_request: core.SearchRequest[Any],
        *,
        position: Any = None,
    ) -> core.SearchPage:
        """One page of what a filter finds, in SQL as far as it goes."""
        filters.demand_open(search_request.filter)
        kinds = [_kind(one) for one in resource_types]
        with self._scope():
            page = selectors.page(
                kinds, search_request, position=position, build=self._resources
            )
            return core.SearchPage(
                total=page.total,
                resources=self._resources(page.rows, search_request),
                next=page.next,
                previous=page.previous,
            )

    def create(
        self, resource_type: core.ResourceType, resource: core.Resource[Any]
    ) -> core.Resource[Any]:
        """Keep a new resource under a random id."""
        row = ScimResource(
            workspace_id=self._writer.workspace.id,
            kind=_kind(resource_type),
            public_id=ids.new_uuid(),
            created_at=self._writer.at,
            modified_at=self._writer.at,
        )
        document = rows.document_of(resource)
        with self._scope():
            if row.kind == Kind.GROUP:
                circles.create(
                    self._writer, row, document, circles.members_of(resource)
                )
            else:
                users.create(self._writer, row, document)
            return self._resources([row])[0]

    def update(
        self,
        resource_type: core.ResourceType,
        resource: core.Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> core.Resource[Any]:
        """Bring a resource to a whole new state."""
        document = rows.document_of(resource)
        with self._scope():
            row = self._row(_kind(resource_type), resource.id or "")
            _demand_version(row, expected_version)
            if row.kind == Kind.GROUP:
                members = circles.entering(circles.members_of(resource), clears=True)
                circles.change(self._writer, row, document, members)
            else:
                users.change(self._writer, row, document)
            return self._resources([row])[0]

    def delete(
        self,
        resource_type: core.ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        """Forget a resource; its id is never given again."""
        with self._scope():
            row = self._row(_kind(resource_type), resource_id)
            _demand_version(row, expected_version)
            act = circles.delete if row.kind == Kind.GROUP else users.delete
            act(self._writer, row)

    def look_again(self, resource: core.Resource[Any]) -> core.Resource[Any]:
        """A user who is nobody here may be somebody by now, whatever was written."""
        row = selectors.in_conflict(id=resource.id or "")
        if row is None or not users.look_again(self._writer, row):
            return resource
        return self._resources([row])[0]

    def light(self, resource_id: str) -> tuple[ScimResource, core.Resource[Any]]:
        """A group without its members, however many it has."""
        row = self._row(Kind.GROUP, resource_id)
        return row, self._resources([row], with_relations=False)[0]

    def change_group(
        self, row: ScimResource, group: core.Resource[Any], members: MemberChange
    ) -> core.Resource[Any]:
        """Bring a group without its members to `group`, and change its members."""
        circles.change(self._writer, row, rows.document_of(group), members)
        return self._resources([row], with_relations=False)[0]

    def _take_turn(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [f"scim {self._writer.workspace.id}"])
        switches = selectors.settings()
        self._writer = replace(
            self._writer,
            adopts=switches.adopts,
            makes_owners=switches.makes_owners,
            gives=selectors.reach_of(
                actor=self._writer.actor, workspace=self._writer.workspace
            ),
        )

    def _row(self, kind: Kind, resource_id: str) -> ScimResource:
        row = selectors.resource(kind=kind, id=resource_id, locks=self._writes)
        if row is None:
            raise core.NotFoundException(detail=f"There is no such {kind.lower()}")
        return row

    def _resources(
        self,
        found: list[ScimResource],
        asked: core.ResponseParameters[Any] | None = None,
        *,
        with_relations: bool = True,
    ) -> list[core.Resource[Any]]:
        members = (
            selectors.members(found)
            if with_relations and _asks(asked, "members")
            else {}
        )
        groups_of = (
            selectors.groups_of(found)
            if with_relations and _asks(asked, "groups")
            else {}
        )
        return [
            _resource(
                row,
                rows.opened(self._writer, row),
                members=members.get(row.pk),
                groups_of=groups_of.get(row.pk),
            )
            for row in found
        ]

    def _scope(self) -> Any:
        workspace = self._writer.workspace
        return scoping.workspace(
            workspace_id=workspace.id, organization_id=workspace.organization.id
        )


def _resource(
    row: ScimResource,
    document: dict[str, Any],
    *,
    members: list[dict[str, Any]] | None,
    groups_of: list[dict[str, Any]] | None,
) -> core.Resource[Any]:
    whole = {
        **document,
        "id": row.public_id.hex,
        "meta": {
            "resourceType": row.kind,
            "created": row.created_at,
            "lastModified": row.modified_at,
            "version": version_of(row),
        },
    }
    if members:
        whole["members"] = members
    if groups_of:
        whole["groups"] = groups_of
    return core.model_of(row.kind).model_validate(whole)


def _kind(resource_type: core.ResourceType) -> Kind:
    return Kind(resource_type.name or "")


def version_of(row: ScimResource) -> str:
    """The weak ETag of a row."""
    return f'W/"{row.version}"'


def _demand_version(row: ScimResource, expected: str | None) -> None:
    if expected is not None and expected != version_of(row):
        raise core.PreconditionFailedException


def _asks(asked: core.ResponseParameters[Any] | None, attribute: str) -> bool:
    """Whether an answer shows an attribute that costs a query of its own."""
    if asked is None:
        return True
    if asked.attributes:
        return any(_is_about(path, attribute) for path in asked.attributes)
    return not any(
        path.attr.lower() == attribute for path in asked.excluded_attributes or ()
    )


def _is_about(path: core.Path[Any], attribute: str) -> bool:
    """The attribute, one of its parts, or a schema as a whole."""
    return not path.parts or path.parts[0].lower() == attribute or ":" in path
