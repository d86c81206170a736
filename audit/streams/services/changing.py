"""What people do with streams: make, change, start, pause, replay, test, remove."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.log.leaf import Json
from audit.log.selectors import Log
from audit.pruning import selectors as pruning
from audit.query import rules as queries
from audit.recording import Target
from audit.streams import sealing, selectors
from audit.streams.kinds import DESTINATIONS, Kind
from audit.streams.models import AuditStream, State
from audit.streams.rules import Place
from audit.streams.services import checking
from audit.streams.services.checking import Asked, NotAllowed
from kit import scoping, webhooks
from kit.actor import Actor
from kit.ids import new_uuid
from kit.permissions import Permission
from kit.refusals import Refused

MOST = 20
"""Streams of one organization: each is a turn of a worker whenever entries come."""


class TooManyStreams(Refused):
    """An organization has as many streams as it may have."""


class Start(StrEnum):
    """Which entries a new stream begins with."""

    NOW = "now"
    BEGINNING = "beginning"


@dataclass(frozen=True, kw_only=True)
class Created:
    """A fresh stream; `secret` is what the receiver checks, shown this once."""

    stream: AuditStream
    secret: str = field(repr=False)


def create(
    *,
    actor: Actor,
    log: Log,
    workspace: UUID | None,
    kind: Kind,
    asked: Asked,
    start_at: Start,
    at: datetime,
) -> Created:
    """Makes a stream, paused: the receiver is set up and tested before it flows."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=log.organization_id):
        if AuditStream.objects.count() >= MOST:
            raise TooManyStreams(
                _("An organization has at most %s streams. Remove one first.") % MOST
            )
        settings = checking.checked(kind, asked, before={})
        secret = webhooks.new_secret() if DESTINATIONS[kind].gives_secret else ""
        settings |= {"secret": secret} if secret else {}
        cursor = _beginning(log, start_at)
        public_id = new_uuid()
        stream = AuditStream.objects.create(
            organization_id=log.organization_id,
            public_id=public_id,
            workspace=workspace,
            name=asked.name,
            kind=kind,
            format=asked.format,
            query=queries.parse(asked.query).text,
            host=checking.host(kind, settings),
            sealed=sealing.sealed(settings, log=log, stream=public_id),
            created_at=at,
            cursor_epoch=cursor[0],
            cursor_index=cursor[1],
            due_at=at,
        )
        changes = {name: (None, value) for name, value in _told(stream).items()}
        _record(actor, stream, "audit.stream.created", at=at, changes=changes)
        return Created(stream=stream, secret=secret)


def change(
    *, actor: Actor, log: Log, stream: AuditStream, asked: Asked, at: datetime
) -> AuditStream:
    """Changes what a stream sends and where to; its cursor stays."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=log.organization_id):
        locked = _locked(stream)
        before, old = _told(locked), selectors.settings_of(locked)
        settings = checking.checked(Kind(locked.kind), asked, before=old)
        locked.name, locked.format = asked.name, asked.format
        locked.query = queries.parse(asked.query).text
        locked.host = checking.host(Kind(locked.kind), settings)
        locked.sealed = sealing.sealed(settings, log=log, stream=locked.public_id)
        locked.due_at = at
        locked.save(
            update_fields=["name", "format", "query", "host", "sealed", "due_at"]
        )
        after = _told(locked)
        changed = [name for name in settings if settings[name] != old.get(name)]
        _record(
            actor,
            locked,
            "audit.stream.changed",
            at=at,
            changes={
                name: (before[name], after[name])
                for name in after
                if before[name] != after[name]
            },
            details={"settings": list[Json](sorted(changed))} if changed else {},
        )
        return locked


def renew_secret(
    *, actor: Actor, log: Log, stream: AuditStream, at: datetime
) -> Created:
    """Gives a webhook another signing secret at once; the old one signs no more."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=log.organization_id):
        locked = _locked(stream)
        if not DESTINATIONS[Kind(locked.kind)].gives_secret:
            raise NotAllowed(_("Only webhooks are signed with a secret of Custos."))
        secret = webhooks.new_secret()
        settings = selectors.settings_of(locked) | {"secret": secret}
        locked.sealed = sealing.sealed(settings, log=log, stream=locked.public_id)
        locked.save(update_fields=["sealed"])
        _record(
            actor,
            locked,
            "audit.stream.changed",
            at=at,
            details={"settings": list[Json](["secret"])},
        )
        return Created(stream=locked, secret=secret)


def start(*, actor: Actor, stream: AuditStream, at: datetime) -> AuditStream:
    """Lets it flow from its cursor on; starting again also tries at once."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=stream.organization_id):
        locked = _locked(stream)
        before = locked.state
        locked.state, locked.started_at, locked.due_at = State.RUNNING, at, at
        locked.save(update_fields=["state", "started_at", "due_at"])
        states = {"state": (before, State.RUNNING.value)}
        _record(actor, locked, "audit.stream.started", at=at, changes=states)
        return locked


def pause(*, actor: Actor, stream: AuditStream, at: datetime) -> AuditStream:
    """Stops sending; what is not sent waits behind the cursor."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=stream.organization_id):
        locked = _locked(stream)
        before = locked.state
        locked.state, locked.alarmed_at = State.PAUSED, None
        locked.failures, locked.failing_since, locked.last_error = 0, None, ""
        locked.save(
            update_fields=[
                *("state", "alarmed_at", "failures", "failing_since", "last_error"),
            ]
        )
        states = {"state": (before, State.PAUSED.value)}
        _record(actor, locked, "audit.stream.paused", at=at, changes=states)
        return locked


def replay(
    *, actor: Actor, log: Log, stream: AuditStream, first: Place, at: datetime
) -> AuditStream:
    """Sends again from entry `first` on, or skips to it; receivers drop what they have.

    NoSuchEntry where the log has none there yet.
    """
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=log.organization_id):
        locked = _locked(stream)
        selectors.move_to(stream=locked, first=first)
        before = locked.cursor
        locked.cursor_epoch, locked.cursor_index = first[0], first[1] - 1
        locked.due_at = at
        if locked.state == State.RUNNING:
            locked.started_at = at
        locked.save(
            update_fields=["cursor_epoch", "cursor_index", "due_at", "started_at"]
        )
        changes = {"cursor": (_text(before), _text(locked.cursor))}
        _record(actor, locked, "audit.stream.replayed", at=at, changes=changes)
        return locked


def ask_test(*, actor: Actor, stream: AuditStream, at: datetime) -> None:
    """Has a worker send a test event; how that ends is recorded then."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=stream.organization_id):
        locked = _locked(stream)
        locked.test_asked_at = at
        locked.save(update_fields=["test_asked_at"])
        _record(actor, locked, "audit.stream.test-requested", at=at)


def remove(*, actor: Actor, stream: AuditStream, at: datetime) -> None:
    """Ends a stream for good, its secrets with it; what was sent is the receiver's."""
    actor.require(Permission.AUDIT_STREAMS)
    with scoping.organization(organization_id=stream.organization_id):
        locked = _locked(stream)
        changes = {name: (value, None) for name, value in _told(locked).items()}
        _record(actor, locked, "audit.stream.removed", at=at, changes=changes)
        locked.delete()


def _locked(stream: AuditStream) -> AuditStream:
    rows = AuditStream.objects.filter(pk=stream.pk).select_for_update()
    found = rows.first()
    if found is None:
        raise selectors.NoSuchStream(_("There is no such stream here."))
    return found


def _beginning(log: Log, start_at: Start) -> Place:
    head = selectors.head_of(organization_id=log.organization_id)
    if start_at is Start.BEGINNING or head is None:
        begin = pruning.boundary()
        return begin.epoch, begin.index - 1
    return head.place


def _told(stream: AuditStream) -> dict[str, str]:
    """What of a stream the log keeps: no secret, and no address beyond its host."""
    return {
        "name": stream.name,
        "kind": stream.kind,
        "format": stream.format,
        "query": stream.query,
        "host": stream.host,
        "cursor": _text(stream.cursor),
    }


def _text(place: Place) -> str:
    return f"{place[0]}/{place[1]}"


def _record(
    actor: Actor,
    stream: AuditStream,
    action: str,
    *,
    at: datetime,
    changes: Mapping[str, tuple[str | None, str | None]] | None = None,
    details: Mapping[str, Json] | None = None,
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="stream", id=stream.public_id),
        organization_id=stream.organization_id,
        workspace=stream.workspace,
        changes=dict(changes or {}),
        details=dict(details or {}),
        at=at,
    )
