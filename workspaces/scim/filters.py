"""Translates filters into SQL where a column answers them exactly as the core would.

What no column can answer leaves a wider condition behind and `is_exact` unset: the
rows that it lets through are then opened and asked one by one, a bounded number of
them. So `userName eq "x" and title pr` costs one row, and `title pr` alone all rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import normalize
from uuid import UUID

from django.db.models import Q

from workspaces.groups.models import GroupMember
from workspaces.groups.rules import fold
from workspaces.scim import core
from workspaces.scim.models import Kind

_EVERYTHING = Q()
_NOTHING = Q(pk__in=())
_TEXT = {
    core.CompareOperator.eq: "",
    core.CompareOperator.co: "__contains",
    core.CompareOperator.sw: "__startswith",
    core.CompareOperator.ew: "__endswith",
    core.CompareOperator.gt: "__gt",
    core.CompareOperator.ge: "__gte",
    core.CompareOperator.lt: "__lt",
    core.CompareOperator.le: "__lte",
}
_TIME = {
    op: _TEXT[op]
    for op in (
        *(core.CompareOperator.gt, core.CompareOperator.ge),
        *(core.CompareOperator.lt, core.CompareOperator.le),
    )
}
_EQ, _NE = core.CompareOperator.eq, core.CompareOperator.ne


@dataclass(frozen=True)
class Condition:
    """What SQL can say of a filter, and whether that is all of it."""

    where: Q
    is_exact: bool


_UNKNOWN = Condition(_EVERYTHING, is_exact=False)
Answer = Callable[[core.Comparison], Condition]


def condition(found: core.ScimFilter[Any] | None, *, kind: Kind) -> Condition:
    """The filter as a condition on resources of one kind."""
    if found is None:
        return Condition(_EVERYTHING, is_exact=True)
    return _Translation(kind).visit(found.ast)


def demand_open(found: core.ScimFilter[Any] | None) -> None:
    """Refuse to answer anything about passwords, which are not kept either."""
    if found is not None:
        _Passwords().visit(found.ast)


class _Translation(core.FilterVisitor[Condition]):
    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def visit_comparison(self, node: core.Comparison) -> Condition:
        answer = _COLUMNS[self._kind].get(_name(node.attr_path, self._kind))
        return answer(node) if answer else _UNKNOWN

    def visit_present(self, node: core.Present) -> Condition:
        if _name(node.attr_path, self._kind) in _ALWAYS_THERE[self._kind]:
            return Condition(_EVERYTHING, is_exact=True)
        return _UNKNOWN

    def visit_not(self, node: core.Not) -> Condition:
        inner = self.visit(node.expr)
        if not inner.is_exact:
            return _UNKNOWN
        if inner.where == _EVERYTHING:
            return Condition(_NOTHING, is_exact=True)
        return Condition(~inner.where, is_exact=True)

    def visit_logical_expr(self, node: core.LogicalExpr) -> Condition:
        terms = [self.visit(term) for term in node.terms]
        is_exact = all(term.is_exact for term in terms)
        if node.op == core.LogicalOperator.and_:
            where = Q()
            for term in terms:
                where &= term.where
            return Condition(where, is_exact=is_exact)
        if any(term.where == _EVERYTHING for term in terms):
            return Condition(_EVERYTHING, is_exact=is_exact)
        where = terms[0].where
        for term in terms[1:]:
            where |= term.where
        return Condition(where, is_exact=is_exact)

    def visit_value_path(self, node: core.ValuePath) -> Condition:
        """An entry that fits has, among others, the value that is asked for."""
        head = _name(node.attr_path, self._kind)
        value = _value_in(node.val_filter)
        if head == "emails" and self._kind is Kind.USER and value is not None:
            return Condition(_emails(value), is_exact=False)
        if head == "members" and self._kind is Kind.GROUP and value is not None:
            is_all = isinstance(node.val_filter, core.Comparison)
            return Condition(_members(value), is_exact=is_all)
        return _UNKNOWN


class _Passwords(core.FilterVisitor[None]):
    def visit_comparison(self, node: core.Comparison) -> None:
        self._look(node.attr_path)

    def visit_present(self, node: core.Present) -> None:
        self._look(node.attr_path)

    def visit_not(self, node: core.Not) -> None:
        self.visit(node.expr)

    def visit_logical_expr(self, node: core.LogicalExpr) -> None:
        for term in node.terms:
            self.visit(term)

    def visit_value_path(self, node: core.ValuePath) -> None:
        self._look(node.attr_path)

    def _look(self, path: core.AttrPath) -> None:
        if path.attr.lower() == "password":
            raise core.InvalidFilterException(detail="Passwords cannot be searched")


def _folded(node: core.Comparison) -> Condition:
    if not isinstance(node.value, str):
        return _UNKNOWN
    value = fold(node.value)
    if node.op == _NE:
        return Condition(~Q(folded_name=value), is_exact=True)
    return Condition(Q(**{f"folded_name{_TEXT[node.op]}": value}), is_exact=True)


def _external(node: core.Comparison) -> Condition:
    """Missing is stored as nothing; equality with nothing is left to the core."""
    if not isinstance(node.value, str) or not node.value or node.op != _EQ:
        return _UNKNOWN
    return Condition(Q(external_id=external_key(node.value)), is_exact=True)


def _id(node: core.Comparison) -> Condition:
    if not isinstance(node.value, str) or node.op != _EQ:
        return _UNKNOWN
    found = id_of(node.value)
    return Condition(Q(public_id=found) if found else _NOTHING, is_exact=True)


def _is_active(node: core.Comparison) -> Condition:
    if not isinstance(node.value, bool) or node.op != _EQ:
        return _UNKNOWN
    return Condition(Q(is_active=node.value), is_exact=True)


def _email(node: core.Comparison) -> Condition:
    if not isinstance(node.value, str) or not node.value or node.op != _EQ:
        return _UNKNOWN
    return Condition(_emails(node.value), is_exact=True)


def _member(node: core.Comparison) -> Condition:
    if not isinstance(node.value, str) or node.op != _EQ:
        return _UNKNOWN
    return Condition(_members(node.value), is_exact=True)


def _moment(column: str) -> Answer:
    def answer(node: core.Comparison) -> Condition:
        if not isinstance(node.value, str) or node.op not in _TIME:
            return _UNKNOWN
        try:
            value = datetime.fromisoformat(node.value)
        except ValueError:
            return _UNKNOWN
        if value.tzinfo is None:
            return _UNKNOWN
        return Condition(Q(**{f"{column}{_TIME[node.op]}": value}), is_exact=True)

    return answer


_BOTH: dict[str, Answer] = {
    "id": _id,
    "externalid": _external,
    "meta.created": _moment("created_at"),
    "meta.lastmodified": _moment("modified_at"),
}
_COLUMNS: dict[Kind, dict[str, Answer]] = {
    Kind.USER: {
        **_BOTH,
        "username": _folded,
        "active": _is_active,
        "emails": _email,
        "emails.value": _email,
    },
    Kind.GROUP: {
        **_BOTH,
        "displayname": _folded,
        "members": _member,
        "members.value": _member,
    },
}
_ALWAYS_THERE = {
    Kind.USER: {"id", "username", "meta", "meta.created", "meta.lastmodified"},
    Kind.GROUP: {"id", "displayname", "meta", "meta.created", "meta.lastmodified"},
}


def id_of(text: str) -> UUID | None:
    """The id as it is written here: 32 small hexadecimal digits, nothing else."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if found.hex == text else None


def email_key(text: str) -> str:
    """The spelling of an e-mail value that is compared."""
    return fold(text)


def external_key(text: str) -> str:
    """The spelling of an external id that is compared: its case counts."""
    return normalize("NFC", text)


def _emails(value: str) -> Q:
    return Q(email_keys__contains=[email_key(value)])


def _members(value: str) -> Q:
    subject = id_of(value)
    if subject is None:
        return _NOTHING
    groups = GroupMember.objects.filter(subject=subject)
    return Q(group_id__in=list(groups.values_list("group_id", flat=True)))


def _value_in(node: core.FilterNode) -> str | None:
    """The value that `value eq "x"` demands, alone or among what must hold as well."""
    if isinstance(node, core.Comparison):
        is_value = str(node.attr_path).lower() == "value" and node.op == _EQ
        return node.value if is_value and isinstance(node.value, str) else None
    if isinstance(node, core.LogicalExpr) and node.op == core.LogicalOperator.and_:
        found = (_value_in(term) for term in node.terms)
        return next((one for one in found if one is not None), None)
    return None


def _name(path: core.AttrPath, kind: Kind) -> str:
    """The attribute in small letters; one of another schema is none of ours."""
    if path.uri is not None and path.uri.lower() != f"{_CORE}{kind.value}".lower():
        return ""
    return (
        f"{path.attr}.{path.sub_attr}".lower() if path.sub_attr else path.attr.lower()
    )


_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
