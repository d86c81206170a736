"""Erases a person from a log: what they did loses who, what names them loses that.

The leaf of an entry holds commitments; what they stand for lies in its details, with
the salts. Deleting a row of details, or one field of it, leaves every proof valid, and
without the salt nobody can test a guess. Work goes by windows of entries in the order
of their ids, one transaction each with its cursor: killed, it goes on where it was, and
doing a window twice changes nothing. Legal holds are asked in each.

The sequencer copies the actor's id into the list when it seals. So the list is cleared
last, once everything up to the request is sealed; in that transaction the person is
forgotten beside the log as well, under the locks of whoever keeps holds.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from audit import recording
from audit.erasure import guards, rows, rules
from audit.erasure.models import AuditErasure, ErasureState
from audit.log import details, storage
from audit.log.leaf import Leaf, LeafRefused
from audit.log.models import Part
from audit.log.selectors import Log, logs_by_id
from audit.recording import Target
from kit import scoping, sealing
from kit.actor import Actor
from kit.ids import new_uuid
from kit.one_by_one import one_by_one
from kit.permissions import Permission
from kit.refusals import Refused
from kit.sealing import CannotOpen

ALIAS = "sweeper"
WORKER = Actor.system("erasure")
WINDOW = 500
ROUNDS = 40
LOOK_AGAIN = timedelta(minutes=5)


class PersonIsHeld(Refused):
    """A legal hold is over the person: nothing of them leaves the log."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A person, as the log may know them: `id` is what it names actors by."""

    id: str
    ids: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def demand_free(*, log: Log, person: str, at: datetime) -> None:
    """Refuses while a hold is over the person, and says so."""
    why = guards.reason(organization_id=log.organization_id, person=person, at=at)
    if why:
        raise PersonIsHeld(why)


def request(*, actor: Actor, log: Log, subject: Subject, at: datetime) -> AuditErasure:
    """Leaves a row that workers take up; the record of it says nothing of whom.

    While a hold is over the person it waits: ask `demand_free` before, to say so.
    """
    actor.require(Permission.AUDIT_ERASE)
    with scoping.organization(organization_id=log.organization_id):
        public_id = new_uuid()
        written = json.dumps(
            {
                "id": subject.id,
                "ids": subject.ids,
                "addresses": subject.addresses,
                "names": subject.names,
            }
        )
        row = AuditErasure.objects.create(
            organization_id=log.organization_id,
            public_id=public_id,
            sealed=sealing.seal(
                written.encode(), key=details.key_of(log.key_id), aad=_place(public_id)
            ),
            until_id=_newest(log.organization_id),
            requested_at=at,
            due_at=at,
        )
        _record(actor, log.organization_id, public_id, "requested", at=at)
    return row


def work_due(*, at: datetime, limit: int = 1_000) -> int:
    """Goes on with every erasure that is due, a bounded way; how many."""
    found = storage.rows(
        ALIAS,
        "select id from audit_erasure where ended_at is null and due_at <= %s"
        " order by due_at, id limit %s",
        at,
        limit,
    )
    one_by_one(found, lambda one: _go_on(*one, at=at), what="erasure from a log")
    return len(found)


def _go_on(erasure_id: int, *, at: datetime) -> None:
    for _round in range(ROUNDS):
        if not _work(erasure_id, at=at):
            break


_LOCKED = """
select id, organization_id, public_id, sealed, until_id, position, state
  from audit_erasure where id = %s and ended_at is null and due_at <= %s
   for update skip locked
"""
_DETAILS = """
select d.entry_id, d.part, d.subject, d.sealed, e.leaf
  from audit_detail d join audit_entry e
    on e.id = d.entry_id and e.organization_id = d.organization_id
 where d.organization_id = %s and d.entry_id > %s and d.entry_id <= %s
 order by d.entry_id
"""
# Ids of entries leave gaps for other organizations: the window ends at a row of ours.
_END = """
select max(entry_id) from (
    select entry_id from audit_detail
     where organization_id = %s and entry_id > %s and entry_id <= %s
     order by entry_id limit %s) w
"""
_DELETE = """
delete from audit_detail where organization_id = %s and entry_id = %s and part = %s
"""
_INSERT = """
insert into audit_detail (organization_id, entry_id, part, subject, sealed)
values (%s, %s, %s, %s, %s)
"""
_MOVE = """
update audit_erasure set position = %s, acted_n = acted_n + %s,
       mentioned_n = mentioned_n + %s, state = 'due' where id = %s
"""
_WAIT = "update audit_erasure set state = %s, due_at = %s where id = %s"
_UNSEALED = """
select exists (select from audit_entry e, audit_sequencer s
 where e.organization_id = %s and e.id <= %s
   and (e.epoch, e.xid, e.id) > (s.bound_epoch, s.bound_xid, s.bound_id))
"""
_UNLIST = """
update audit_facet set actor = ''
 where organization_id = %s and actor = %s and entry_id <= %s
"""
_END_IT = """
update audit_erasure set state = 'done', sealed = null, ended_at = %s where id = %s
returning acted_n, mentioned_n
"""


def _work(erasure_id: int, *, at: datetime) -> bool:
    """One transaction of work; whether there is more to do now."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        cursor.execute(_LOCKED, [erasure_id, at])
        found = cursor.fetchone()
        if found is None:
            return False
        _id, organization_id, public_id, sealed, until, position, _state = found
        log = logs_by_id(ids=[organization_id], using=ALIAS)[organization_id]
        subject = _opened(log, public_id, bytes(sealed))
        if guards.reason(organization_id=organization_id, person=subject.id, at=at):
            cursor.execute(_WAIT, [ErasureState.HELD, at + LOOK_AGAIN, erasure_id])
            return False
        cursor.execute(_END, [organization_id, position, until, WINDOW])
        (end,) = cursor.fetchone()
        if end is not None:
            acted, mentioned = _erase(cursor, log, subject, after=position, end=end)
            cursor.execute(_MOVE, [end, acted, mentioned, erasure_id])
            return True
        return _finish(cursor, log, subject, found, at=at)


def _finish(
    cursor: Any, log: Log, subject: Subject, row: tuple[Any, ...], *, at: datetime
) -> bool:
    erasure_id, organization_id, _public_id, _sealed, until, _position, _state = row
    cursor.execute(_UNSEALED, [organization_id, until])
    if cursor.fetchone()[0] or rows.is_exporting(cursor, log=log):
        wait = at + timedelta(minutes=1)
        cursor.execute(_WAIT, [ErasureState.DUE, wait, erasure_id])
        return False
    is_forgotten = guards.forget(
        organization_id=organization_id,
        person=subject.id,
        addresses=[one.strip().lower() for one in subject.addresses],
        at=at,
        using=ALIAS,
    )
    if not is_forgotten:
        cursor.execute(_WAIT, [ErasureState.HELD, at + LOOK_AGAIN, erasure_id])
        return False
    rows.erase(cursor, log=log, person=subject.id, wanted=_needles(subject), at=at)
    _end(cursor, subject, row, at=at)
    return False


def _end(cursor: Any, subject: Subject, row: tuple[Any, ...], *, at: datetime) -> None:
    erasure_id, organization_id, public_id, _sealed, until, _position, _state = row
    cursor.execute(_UNLIST, [organization_id, subject.id, until])
    cursor.execute(_END_IT, [at, erasure_id])
    acted, mentioned = cursor.fetchone()
    recording.record(
        actor=WORKER,
        action="audit.erasure.completed",
        target=Target(kind="erasure", id=public_id),
        organization_id=organization_id,
        at=at,
        counts={"acted": acted, "mentioned": mentioned},
        using=ALIAS,
    )


def _needles(subject: Subject) -> re.Pattern[str]:
    return rules.needles(
        ids=(subject.id, *subject.ids),
        addresses=subject.addresses,
        names=subject.names,
    )


def _erase(
    cursor: Any, log: Log, subject: Subject, *, after: int, end: int
) -> tuple[int, int]:
    """Erases from the entries of one window; in how many they acted or were named."""
    cursor.execute(_DETAILS, [log.organization_id, after, end])
    wanted = _needles(subject)
    acted = mentioned = 0
    for entry_id, part, who, sealed, raw in cursor.fetchall():
        if part == Part.ACTOR and who == subject.id:
            cursor.execute(_DELETE, [log.organization_id, entry_id, part])
            acted += 1
            continue
        leaf, fields = _fields(log, Part(part), bytes(sealed), bytes(raw))
        kept = [one for one in fields if not rules.mentions(one.value, wanted)]
        if leaf is None or len(kept) == len(fields):
            continue
        mentioned += 1
        cursor.execute(_DELETE, [log.organization_id, entry_id, part])
        if kept:
            again = details.sealed(
                kept, leaf_id=leaf.id, part=Part(part), key_id=log.key_id
            )
            cursor.execute(_INSERT, [log.organization_id, entry_id, part, who, again])
    return acted, mentioned


def _fields(
    log: Log, part: Part, sealed: bytes, raw: bytes
) -> tuple[Leaf | None, Sequence[details.Detail]]:
    """The fields of one part; none where they do not open, which nobody can read."""
    try:
        leaf = Leaf.parse(raw)
        opened = details.opened(sealed, leaf_id=leaf.id, part=part, key_id=log.key_id)
    except (LeafRefused, CannotOpen):
        return None, []
    return leaf, opened


def _opened(log: Log, public_id: UUID, sealed: bytes) -> Subject:
    plain = sealing.open_sealed(
        sealed, key=details.key_of(log.key_id), aad=_place(public_id)
    )
    content = json.loads(plain)
    return Subject(
        id=content["id"],
        ids=tuple(content["ids"]),
        addresses=tuple(content["addresses"]),
        names=tuple(content["names"]),
    )


def _newest(organization_id: int) -> int:
    found = storage.rows(
        "default",
        "select coalesce(max(id), 0) from audit_entry where organization_id = %s",
        organization_id,
    )
    return int(found[0][0])


def _place(public_id: UUID) -> bytes:
    return sealing.binding(table="audit_erasure", row=public_id, column="sealed")


def _record(
    actor: Actor, organization_id: int, public_id: UUID, act: str, *, at: datetime
) -> None:
    recording.record(
        actor=actor,
        action=f"audit.erasure.{act}",
        target=Target(kind="erasure", id=public_id),
        organization_id=organization_id,
        at=at,
    )
