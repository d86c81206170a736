"""Answers PATCH on groups by what changes, not by what the group holds.

The core reads a resource, patches it and writes it back: adding one member to a group
of 250 that way held a process for tenths of a second. Here the members of a PATCH go
to SQL, and what is left of it (names, external ids) to the core, on a group without
its members. A path into members that is more than an id takes the core's way.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from workspaces.groups.services import MemberChange
from workspaces.scim import core, filters
from workspaces.scim.services import circles
from workspaces.scim.services.store import Store

_ADD, _REMOVE, _REPLACE = "add", "remove", "replace"


@dataclass
class _Plan:
    """The members that a PATCH comes to, and the operations that are not about them."""

    adds: dict[str, str] = field(default_factory=dict)
    removes: set[UUID] = field(default_factory=set)
    clears: bool = False
    rest: list[Any] = field(default_factory=list)

    def add(self, entries: Any) -> bool:
        for one, display in _entries(entries):
            self.adds[one] = display
            if (found := filters.id_of(one)) is not None:
                self.removes.discard(found)
        return True

    def remove(self, entries: Any) -> bool:
        for one, _display in _entries(entries):
            self.adds.pop(one, None)
            if (found := filters.id_of(one)) is not None:
                self.removes.add(found)
        return True

    def clear(self) -> bool:
        self.adds, self.removes, self.clears = {}, set(), True
        return True


class Handler(core.ScimHandler):
    """The core's handler with a short way for the members of groups."""

    storage: Store

    def __init__(
        self, service: core.ScimService, store: Store, *, shows_result: bool
    ) -> None:
        super().__init__(service, store)
        self._shows_result = shows_result

    def replace(self, request: core.ScimRequest) -> core.ScimResponse:
        """Replace a resource; the members of a group are compared in SQL alone."""
        with self.storage.without_members():
            return super().replace(request)

    def patch_resource(
        self,
        resource_type: core.ResourceType,
        resource_id: str,
        patch_op: "core.PatchOp[Any]",
        conditions: core.Conditions,
    ) -> core.Resource[Any]:
        """Apply a validated PATCH, members in SQL where that says the same."""
        plan = _plan(patch_op) if resource_type.name == "Group" else None
        if plan is None:
            found = super().patch_resource(
                resource_type, resource_id, patch_op, conditions
            )
            return self.storage.look_again(found)
        return self._patch_group(resource_type, resource_id, patch_op, conditions, plan)

    def replace_resource(
        self,
        resource_type: core.ResourceType,
        current: core.Resource[Any],
        replacement: core.Resource[Any],
        conditions: core.Conditions,
    ) -> core.Resource[Any]:
        """Apply a validated replacement, a group's members by what is stored."""
        if resource_type.name == "Group":
            self.service.apply_replacement(current, replacement, conditions)
            replacement.id = current.id
            return self.storage.update(resource_type, replacement)
        found = super().replace_resource(
            resource_type, current, replacement, conditions
        )
        return self.storage.look_again(found)

    def _patch_group(
        self,
        resource_type: core.ResourceType,
        resource_id: str,
        patch_op: "core.PatchOp[Any]",
        conditions: core.Conditions,
        plan: _Plan,
    ) -> core.Resource[Any]:
        row, group = self.storage.light(resource_id)
        self.service.check_preconditions(group, "PATCH", conditions)
        if plan.rest:
            rest = patch_op.model_copy(update={"operations": plan.rest})
            self.service.apply_patch(group, rest, core.Conditions())
        entering = circles.entering(plan.adds, clears=plan.clears)
        change = MemberChange(
            adds=entering.adds, removes=frozenset(plan.removes), clears=plan.clears
        )
        found = self.storage.change_group(row, group, change)
        if self._shows_result:
            return self.storage.get(resource_type, resource_id)
        return found


def _plan(patch_op: "core.PatchOp[Any]") -> _Plan | None:
    """What a PATCH does to members; None where only the core can tell."""
    plan = _Plan()
    return plan if all(_take(plan, one) for one in patch_op.operations or ()) else None


def _take(plan: _Plan, one: Any) -> bool:
    op = one.op.value
    if not one.path:
        return _take_whole(plan, one, op)
    attribute = one.path.parts[0].lower()
    if attribute != "members" or one.path.schema not in {None, core.GROUP_SCHEMA}:
        plan.rest.append(one)
        return True
    if len(one.path.parts) > 1:
        return False
    if one.path.value_filter is not None:
        return _take_filtered(plan, one, op)
    return _take_members(plan, op, one.value)


def _take_whole(plan: _Plan, one: Any, op: str) -> bool:
    if op == _REMOVE or not isinstance(one.value, dict):
        plan.rest.append(one)
        return True
    value = dict(one.value)
    key = next((name for name in value if name.lower() == "members"), None)
    if key is not None and not _take_members(plan, op, value.pop(key)):
        return False
    if value:
        plan.rest.append(one.model_copy(update={"value": value}))
    return True


def _take_members(plan: _Plan, op: str, value: Any) -> bool:
    if op == _REMOVE:
        return plan.clear() if value is None else plan.remove(value)
    if not _is_list_of_members(value):
        return False
    if op == _REPLACE:
        plan.clear()
    return plan.add(value)


def _take_filtered(plan: _Plan, one: Any, op: str) -> bool:
    node = one.path.value_filter
    is_id = (
        isinstance(node, core.Comparison)
        and node.op == core.CompareOperator.eq
        and str(node.attr_path).lower() == "value"
        and isinstance(node.value, str)
    )
    if op != _REMOVE or not is_id or one.value is not None:
        return False
    return plan.remove([{"value": node.value}])


def _is_list_of_members(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and isinstance(one.get("value"), str) for one in value
    )


def _entries(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        raise core.InvalidValueException(detail="Members come as a list")
    entries = []
    for one in value:
        found = one.get("value") if isinstance(one, dict) else None
        display = one.get("display") if isinstance(one, dict) else None
        if not isinstance(found, str):
            raise core.InvalidValueException(
                detail="Every member needs its id as value"
            )
        entries.append((found, display if isinstance(display, str) else ""))
    return entries
