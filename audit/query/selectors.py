"""Finds the entries that fit a query, by their facets."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.log.models import AuditFacet
from audit.query import vocabulary
from audit.query.rules import Query, Term
from kit import clock


def matching(
    query: Query, *, workspace: UUID | None = None, at: datetime | None = None
) -> "QuerySet[AuditFacet]":
    """The facets in the open scope that fit, in no order.

    `workspace` narrows to the entries of one workspace, whatever the query says. `at`
    is the moment that relative times count back from: that of the question, if it
    was asked now.
    """
    rows: QuerySet[AuditFacet] = AuditFacet.objects.all()
    if workspace is not None:
        rows = rows.filter(workspace=workspace)
    asked_at = at or clock.now()
    for term in query.terms:
        condition = _condition(term, at=asked_at)
        rows = rows.exclude(condition) if term.is_negated else rows.filter(condition)
    return rows


def _condition(term: Term, *, at: datetime) -> Q:
    if term.key == "at":
        return _when(term, at=at)
    column = vocabulary.KEYS[term.key].column
    if term.relation != ":":
        comparison = {">=": "gte", "<": "lt"}[term.relation]
        return Q((f"{column}__{comparison}", term.values[0]))
    values = _meant(term)
    if len(values) == 1:
        return Q((column, values[0]))
    return Q((f"{column}__in", values))


def _meant(term: Term) -> list[str]:
    """An area and a beginning of an action stand for the actions of the catalogue."""
    means = {"area": vocabulary.names_of_area, "action": vocabulary.names_of}
    expand = means.get(term.key)
    if expand is None:
        return list(term.values)
    return list(dict.fromkeys(one for value in term.values for one in expand(value)))


def _when(term: Term, *, at: datetime) -> Q:
    moments = [vocabulary.moment(value, at=at) for value in term.values]
    if term.relation == ">=":
        return Q(at__gte=moments[0])
    if term.relation == "<":
        return Q(at__lt=moments[0])
    condition = Q()
    for moment in moments:
        condition |= Q(at__gte=moment, at__lt=moment + timedelta(days=1))
    return condition
