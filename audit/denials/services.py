"""Gathers refusals: the first of a source is recorded at once, the rest once a minute.

A refused request rolls back, so its refusal is written in a transaction of its own,
with no scope open. The first one leaves an entry and a row that says when the source's
next entry is due; those in between cost one number in Valkey and no statement. Beat
then writes their count as one entry, or lets the row go where nothing followed. What a
crash of Valkey can lose is the count of the running minute, never that it happened.
"""

import json
import logging
from datetime import datetime
from typing import Any

from django.db import connection

from audit import recording
from audit.denials import rules, selectors
from audit.denials.models import AuditDenial
from audit.denials.rules import EVERY, MOST_SOURCES, Denial
from audit.log import details
from audit.log.details import DetailsAreGone
from audit.log.selectors import Log, log_of
from audit.recording import Outcome, Target
from kit import scoping, sealing, tallies
from kit.actor import Actor, ActorKind
from kit.ids import new_uuid
from kit.one_by_one import one_by_one
from kit.sealing import Sealer
from kit.tallies import Tally

logger = logging.getLogger(__name__)
_WHO = ("id", "label", "role", "ip", "user_agent")
# A source that is here already is one that Valkey forgot: its row counts for it.
_FIRST = """
insert into audit_denial (organization_id, public_id, source, action, target_kind,
                          target, workspace, sealed, pending, due_at)
select %(organization)s, %(row)s, %(source)s, %(action)s, %(kind)s, %(target)s,
       %(workspace)s, %(sealed)s, 0, %(due_at)s
 where %(is_rest)s or (select count(*) from audit_denial
                        where organization_id = %(organization)s
                          and action = %(action)s) < %(most)s
    on conflict (organization_id, source) do update
   set pending = audit_denial.pending + 1, last_at = %(at)s,
       first_at = coalesce(audit_denial.first_at, %(at)s)
returning pending = 0
"""


def note(*, denial: Denial, at: datetime) -> None:
    """Records the refusal, or counts it.

    Call it with no scope open, or in a transaction that commits what was refused.
    """
    if tallies.is_again(_name(denial), at=at):
        return
    try:
        with scoping.organization(organization_id=denial.organization_id):
            log = log_of(organization_id=denial.organization_id)
            is_named = _began(log, denial, at=at, is_rest=denial.actor == rules.OTHERS)
    except BaseException:
        tallies.forget(_name(denial))
        raise
    if is_named:
        tallies.keep(_name(denial))
    else:
        tallies.forget(_name(denial))
        note(denial=rules.of_others(denial, log=log.uuid), at=at)


def close_due(*, at: datetime, limit: int = 2_000) -> int:
    """Writes the entries that are due; how many sources were looked at."""
    due = selectors.due(at=at, limit=limit)
    one_by_one(due, lambda one: _close_one(*one, at=at), what="denial")
    return len(due)


def _close_one(row: int, organization_id: int, *, at: datetime) -> None:
    with scoping.organization(organization_id=organization_id):
        _close(row, at=at)


def _began(log: Log, denial: Denial, *, at: datetime, is_rest: bool) -> bool:
    """Stores the source and records its first refusal; False where there are too
    many."""
    row = new_uuid()
    with connection.cursor() as cursor:
        cursor.execute(
            _FIRST,
            {
                "organization": denial.organization_id,
                "row": row,
                "source": denial.source,
                "action": denial.action,
                "kind": denial.target_kind,
                "target": denial.target,
                "workspace": denial.workspace,
                "sealed": _sealer(log).seal(_document(denial), aad=_place(row)),
                "due_at": at + EVERY,
                "at": at,
                "is_rest": is_rest,
                "most": MOST_SOURCES,
            },
        )
        found = cursor.fetchone()
    if found and found[0]:
        once = Tally(n=1, first_at=at, last_at=at)
        _record(denial, once)
    return found is not None


def _close(pk: int, *, at: datetime) -> None:
    row = AuditDenial.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if row is None:
        return
    tally = _pending(row)
    if tally is None:
        row.delete()
        return
    try:
        _record(_opened(row), tally)
    except DetailsAreGone:
        # The organization's key was destroyed: its log takes nothing any more.
        row.delete()
        return
    row.pending, row.first_at, row.last_at, row.due_at = 0, None, None, at + EVERY
    row.save(update_fields=["pending", "first_at", "last_at", "due_at"])


def _pending(row: AuditDenial) -> Tally | None:
    """What followed since the last entry, wherever it was counted."""
    tally = tallies.take(bytes(row.source).hex())
    if row.first_at is None or row.last_at is None:
        return tally
    kept = Tally(n=row.pending, first_at=row.first_at, last_at=row.last_at)
    if tally is None:
        return kept
    return Tally(
        n=kept.n + tally.n,
        first_at=min(kept.first_at, tally.first_at),
        last_at=max(kept.last_at, tally.last_at),
    )


def _record(denial: Denial, tally: Tally) -> None:
    recording.record(
        actor=denial.actor,
        action=denial.action,
        target=Target(kind=denial.target_kind, id=denial.target),
        organization_id=denial.organization_id,
        workspace=denial.workspace,
        at=tally.last_at,
        outcome=Outcome.REFUSED,
        counts={"attempts": tally.n},
        details={
            **denial.details,
            **denial.also,
            "first_at": tally.first_at.isoformat(),
            "last_at": tally.last_at.isoformat(),
        },
    )


def _document(denial: Denial) -> bytes:
    who = {name: getattr(denial.actor, name) for name in _WHO}
    who["kind"] = denial.actor.kind.value
    return json.dumps(
        {"who": who, "details": {**denial.details, **denial.also}}
    ).encode()


def _opened(row: AuditDenial) -> Denial:
    log = log_of(organization_id=row.organization_id)
    plain = _sealer(log).open(bytes(row.sealed), aad=_place(row.public_id))
    document: dict[str, Any] = json.loads(plain)
    who = document["who"]
    return Denial(
        actor=Actor(**{**who, "kind": ActorKind(who["kind"])}),
        action=row.action,
        target_kind=row.target_kind,
        target=row.target,
        organization_id=row.organization_id,
        workspace=row.workspace,
        details=document["details"],
    )


def _sealer(log: Log) -> Sealer:
    return Sealer(details.key_of(log.key_id))


def _place(row: Any) -> bytes:
    return sealing.binding(table="audit_denial", row=row, column="sealed")


def _name(denial: Denial) -> str:
    return denial.source.hex()
