"""Opens the tenant scope that the ORM guard and row-level security both demand.

A scope is an outermost transaction of the `default` connection with a
transaction-local setting, cleared on exit. Without one, a query on a
tenant-owned model raises here, and PostgreSQL would return no rows behind it. The
setting is never session-wide: a pooled connection would carry it to the next user.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.db import DatabaseError, connection, models, transaction

from kit.refusals import WorkspaceIsClosing

WORKSPACE_SETTING = "custos.workspace"
ORGANIZATION_SETTING = "custos.organization"
OPERATOR_SETTING = "custos.operator"

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


class NoOpenScope(RuntimeError):
    """A tenant-owned model was queried with no scope open."""


class AnotherScopeIsOpen(RuntimeError):
    """A scope cannot change inside its own transaction."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What the open transaction may see."""

    organization_id: int | None = None
    workspace_id: int | None = None
    is_operator: bool = False


_current: ContextVar[Scope | None] = ContextVar("custos_scope", default=None)


def current() -> Scope | None:
    """The open scope, if any."""
    return _current.get()


@contextmanager
def workspace(*, workspace_id: int, organization_id: int) -> Iterator[Scope]:
    """Opens one workspace of one organization.

    Inside a scope of the same organization it narrows that scope; inside a scope
    of the same workspace it changes nothing; any other open scope is refused.
    """
    wanted = Scope(organization_id=organization_id, workspace_id=workspace_id)
    with _open(wanted):
        yield wanted


@contextmanager
def organization(*, organization_id: int) -> Iterator[Scope]:
    """Opens what an organization itself owns, without any workspace's rows."""
    wanted = Scope(organization_id=organization_id)
    with _open(wanted):
        yield wanted


@contextmanager
def operator() -> Iterator[Scope]:
    """Opens the rows an operator governs (organizations, workspaces), no content."""
    wanted = Scope(is_operator=True)
    with _open(wanted):
        yield wanted


@contextmanager
def _open(wanted: Scope) -> Iterator[None]:
    outer = _current.get()
    if outer == wanted or (outer is not None and _contains(outer, wanted)):
        yield
        return
    if outer is not None and not _narrows(outer, wanted):
        raise AnotherScopeIsOpen(f"{outer} is open, {wanted} was asked for")
    with _in_words(), transaction.atomic():
        _apply(wanted)
        token = _current.set(wanted)
        try:
            yield
        finally:
            _current.reset(token)
        # The setting ends with its transaction; only what goes on inside another one
        # needs the one before. After an error both roll back: a statement here would
        # only hide that error behind "transaction is aborted".
        if connection.savepoint_ids and not connection.needs_rollback:
            _apply(outer or Scope())


@contextmanager
def _in_words() -> Iterator[None]:
    """What the database refuses of a workspace that is being closed, as a refusal."""
    try:
        yield
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") == WorkspaceIsClosing.sqlstate:
            raise WorkspaceIsClosing from error
        raise


def _contains(outer: Scope, wanted: Scope) -> bool:
    """An open workspace scope already shows what its organization owns."""
    return (
        wanted.workspace_id is None
        and not wanted.is_operator
        and wanted.organization_id == outer.organization_id
    )


def _narrows(outer: Scope, wanted: Scope) -> bool:
    if outer.is_operator:
        return True
    return outer.workspace_id is None and (
        wanted.organization_id == outer.organization_id
    )


def _apply(scope: Scope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config(%s, %s, true), set_config(%s, %s, true),"
            " set_config(%s, %s, true)",
            [
                WORKSPACE_SETTING,
                "" if scope.workspace_id is None else str(scope.workspace_id),
                ORGANIZATION_SETTING,
                "" if scope.organization_id is None else str(scope.organization_id),
                OPERATOR_SETTING,
                "on" if scope.is_operator else "",
            ],
        )


class _ScopedQuerySet(models.QuerySet[ModelT]):
    """A queryset that may be evaluated only while the scope it was made in is open."""

    scope_field: ClassVar[str]
    _made_in: Scope | None = None

    def _clone(self) -> Any:
        clone = super()._clone()  # type: ignore[misc]
        clone._made_in = self._made_in
        return clone

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._demand_scope()
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Any:
        self._demand_scope()
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        self._demand_scope()
        return super().count()

    def exists(self) -> bool:
        self._demand_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._demand_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._demand_scope()
        return super().update(**kwargs)

    def _demand_scope(self) -> None:
        if self.db == "default" and self._made_in is not None:
            scope = _current.get()
            if scope is None or getattr(scope, self.scope_field) != getattr(
                self._made_in, self.scope_field
            ):
                raise NoOpenScope(f"the scope of this {self.model.__name__} is closed")


class WorkspaceQuerySet(_ScopedQuerySet[ModelT]):
    """Rows of one workspace."""

    scope_field = "workspace_id"


class OrganizationQuerySet(_ScopedQuerySet[ModelT]):
    """Rows of one organization."""

    scope_field = "organization_id"


class _ScopedManager(models.Manager[ModelT]):
    """Hands out querysets that carry the scope's own predicate.

    Row-level security would filter the same rows; the explicit predicate lets the
    planner use the indexes that begin with the tenant's column.
    """

    queryset_class: ClassVar[type[_ScopedQuerySet[Any]]]
    column: ClassVar[str | None] = None

    def get_queryset(self) -> Any:
        queryset = self.queryset_class(self.model, using=self._db)
        scope = _current.get()
        field = self.queryset_class.scope_field
        value = getattr(scope, field) if scope else None
        if scope is not None and scope.is_operator and value is None:
            return queryset
        if value is None:
            raise NoOpenScope(f"open a scope before querying {self.model.__name__}")
        queryset._made_in = scope
        return queryset.filter(**{self.column or field: value})


class WorkspaceManager(_ScopedManager[ModelT]):
    """The default manager of workspace-owned models."""

    queryset_class = WorkspaceQuerySet


class OrganizationManager(_ScopedManager[ModelT]):
    """The default manager of organization-owned models."""

    queryset_class = OrganizationQuerySet
