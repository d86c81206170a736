"""Logs of OpenTelemetry over HTTP, in its JSON encoding.

A receiver that took only some records says so in `partialSuccess`. The protocol would
have these dropped; a log has no holes, so nothing counts as confirmed and the whole
batch comes again. Each record carries its id for those who drop what comes twice.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from audit.explorer.selectors import Place
from audit.log.leaf import Json
from audit.streams.batches import Batch, Event
from audit.streams.destinations.contract import (
    NotDelivered,
    Settings,
    below,
    host_in,
    object_in,
    posted,
)
from kit.outbound import Response

_PATH = "/v1/logs"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**63
_ERROR = (17, "ERROR")
_SEVERITIES = {"success": (9, "INFO"), "refused": (13, "WARN"), "error": _ERROR}


def deliver(batch: Batch, settings: Settings) -> Place:
    """Posts a batch as one request."""
    events = batch.events()
    name, _colon, value = settings.get("header", "").partition(":")
    answer = posted(
        below(settings["url"], _PATH),
        body=json.dumps(_request(batch, events), separators=(",", ":")).encode(),
        headers={
            "Content-Type": "application/json",
            **({name.strip(): value.strip()} if name else {}),
        },
        settings=settings,
    )
    _demand_all(answer, sent=len(events))
    return batch.through


def _request(batch: Batch, events: list[Event]) -> dict[str, Any]:
    resource = {"service.name": "custos", "custos.log.origin": batch.log.origin}
    scope = {
        "scope": {"name": "custos.audit"},
        "logRecords": [_record(one) for one in events],
    }
    return {
        "resourceLogs": [
            {"resource": {"attributes": _pairs(resource)}, "scopeLogs": [scope]}
        ]
    }


def _record(event: Event) -> dict[str, Any]:
    number, text = _SEVERITIES.get(event.outcome, _ERROR)
    found: dict[str, Json] = {
        "custos.event.id": event.id,
        "custos.outcome": event.outcome,
        "custos.actor.kind": event.actor_kind,
        "custos.target": event.subject,
    }
    if event.place is not None:
        found |= {"custos.epoch": event.place[0], "custos.index": event.place[1]}
    told = {name: value for name, value in found.items() if value != ""}
    return {
        "timeUnixNano": str((event.time - _EPOCH) // _MICROSECOND * 1_000),
        "severityNumber": number,
        "severityText": text,
        "eventName": event.type,
        "body": _any(event.data),
        "attributes": _pairs(told),
    }


def _pairs(values: Mapping[str, Json]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _any(value)} for name, value in values.items()]


def _any(value: Json) -> dict[str, Any]:
    """A value in OpenTelemetry's spelling; whole numbers are written as text there."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
        return {"intValue": str(value)}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _pairs(value)}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any(one) for one in value]}}
    return {"stringValue": str(value)}


def _demand_all(answer: Response, *, sent: int) -> None:
    """An empty answer takes all: some receivers have nothing to say."""
    said = object_in(answer)
    rejected = None if said is None else _rejected(said)
    if rejected is None:
        raise NotDelivered(
            _("%s answered, but not as OpenTelemetry describes. Check the address.")
            % host_in(answer)
        )
    if rejected:
        raise NotDelivered(
            _(
                "%(host)s rejected %(n)s of %(sent)s records."
                " Its own log says why; the batch is sent again."
            )
            % {"host": host_in(answer), "n": min(rejected, sent), "sent": sent}
        )


def _rejected(said: Mapping[str, Any]) -> int | None:
    """How many records; None where it is no number. It may be written as text."""
    partial = said.get("partialSuccess") or {}
    if not isinstance(partial, Mapping):
        return None
    count = partial.get("rejectedLogRecords") or 0
    if not re.fullmatch("[0-9]{1,19}", str(count)):
        return None
    return int(count)
