"""CloudEvents 1.0 over HTTPS, in batches or singly, signed as Standard Webhooks.

The id of a request is that of what it carries, so that a receiver can drop what comes
twice.
"""

import json
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from audit.explorer.selectors import Place
from audit.streams.batches import Batch, Event
from audit.streams.destinations.contract import NotDelivered, Settings, posted
from audit.streams.rules import TURN
from kit import webhooks


def deliver(batch: Batch, settings: Settings) -> Place:
    """Posts a batch; singly, as many events as fit into one turn."""
    events = batch.events()
    if settings.get("mode") != "single" or batch.is_test:
        _post([_envelope(batch, one) for one in events], batch.id, batch.at, settings)
        return batch.through
    return _one_by_one(batch, events, settings)


def _one_by_one(batch: Batch, events: Sequence[Event], settings: Settings) -> Place:
    until = time.monotonic() + TURN.total_seconds()
    confirmed = batch.after
    for event in events:
        try:
            message = f"{batch.stream}.{event.id}"
            _post(_envelope(batch, event), message, batch.at, settings)
        except NotDelivered:
            if confirmed == batch.after:
                raise
            return confirmed
        if event.place is None:
            return batch.through
        confirmed = event.place
        if time.monotonic() > until:
            return confirmed
    return batch.through


def _envelope(batch: Batch, event: Event) -> dict[str, Any]:
    """One CloudEvent; `source` and `id` together are unique."""
    is_text = isinstance(event.data, str)
    found: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": batch.log.origin,
        "type": event.type,
        "time": event.time.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "text/plain" if is_text else "application/json",
        "data": event.data,
    }
    if event.subject:
        found["subject"] = event.subject
    if event.place is not None:
        # As the sequence extension: text that sorts as the log does.
        found["sequence"] = f"{event.place[0]:06d}.{event.place[1]:016d}"
    return found


def _post(content: Any, message: str, now: datetime, settings: Settings) -> None:
    form = "cloudevents-batch" if isinstance(content, list) else "cloudevents"
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    signature = webhooks.signed(
        body, message=message, secret=settings["secret"], at=now
    )
    posted(
        settings["url"],
        body=body,
        headers={
            "Content-Type": f"application/{form}+json; charset=utf-8",
            **signature,
        },
        settings=settings,
    )
