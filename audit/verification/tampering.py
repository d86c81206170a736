"""Tampers with an entry for the demonstration, as a database superuser could.

The app role cannot: this connects as the owner of the tables and opens the door that
counts for the owner alone. It exists in demo mode only. What was there before is kept
in a file, so that it can be put back to the byte.
"""

import base64
import json
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connections, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.log.selectors import Log
from audit.recording import Target
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused

_PICK = """
select f.index, e.id, e.leaf from audit_facet f join audit_entry e on e.id = f.entry_id
 where f.organization_id = %s and f.outcome = 'success'
 order by f.epoch desc, f.index desc offset 2 limit 1
"""


class NotInThisInstallation(Refused):
    """Tampering is for demonstrations."""


class NothingToTamperWith(Refused):
    """The log is too short, or its entry is put back already."""


def is_tampered(log: Log) -> bool:
    """Tells whether an entry waits to be put back."""
    return settings.CUSTOS_DEMO and _file(log).exists()


def tamper(*, actor: Actor, log: Log, at: datetime) -> int:
    """Makes a recent success look refused; returns the entry's index."""
    _demand_demo(actor)
    if is_tampered(log):
        raise NothingToTamperWith(_("An entry is tampered with already."))
    with connections["owner"].cursor() as cursor:
        cursor.execute(_PICK, [log.organization_id])
        found = cursor.fetchone()
    if found is None:
        raise NothingToTamperWith(_("The log is too short to tamper with."))
    index, entry_id, leaf = found[0], found[1], bytes(found[2])
    kept = {"id": entry_id, "leaf": base64.b64encode(leaf).decode()}
    _file(log).parent.mkdir(parents=True, exist_ok=True)
    _file(log).write_text(json.dumps(kept))
    changed = leaf.replace(b'"outcome":"success"', b'"outcome":"refused"')
    _overwrite(entry_id, changed)
    _record(actor, log, "audit.demo.tampered", index=index, at=at)
    return int(index)


def put_back(*, actor: Actor, log: Log, at: datetime) -> None:
    """Restores the entry to the byte."""
    _demand_demo(actor)
    if not is_tampered(log):
        raise NothingToTamperWith(_("No entry is tampered with."))
    kept = json.loads(_file(log).read_text())
    _overwrite(kept["id"], base64.b64decode(kept["leaf"]))
    _file(log).unlink()
    _record(actor, log, "audit.demo.put-back", index=None, at=at)


def _demand_demo(actor: Actor) -> None:
    actor.require(Permission.AUDIT_VERIFY)
    if not settings.CUSTOS_DEMO:
        raise NotInThisInstallation(_("Only a demonstration can be tampered with."))


def _overwrite(entry_id: int, leaf: bytes) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "update audit_entry set leaf = %s where id = %s", [leaf, entry_id]
        )


def _record(
    actor: Actor, log: Log, action: str, *, index: int | None, at: datetime
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="log", id=log.uuid),
        organization_id=log.organization_id,
        at=at,
        counts={} if index is None else {"index": index},
    )


def _file(log: Log) -> Path:
    return Path(settings.CUSTOS_HOME) / "demo" / f"tampered-{log.uuid}.json"
