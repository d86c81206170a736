"""RFC 5424 syslog over TLS, in frames with counted octets (RFC 5425).

The protocol confirms nothing. What comes nearest to it is the end of a connection: a
receiver answers our `close_notify` after it has read everything before it. So each
batch is a connection of its own, delivered once its end was answered; otherwise all of
it comes again. What a receiver has read, but loses before it stores it, is not seen.

Some receivers only close their side (rsyslog with gtls). A stream may be told to take
that: then a receiver that dies at the right moment, or somebody on the way who cuts the
connection, can pass for one that has read all.
"""

import base64
import json
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from audit.explorer.selectors import Place
from audit.streams.batches import CHECKPOINT, TEST, Batch, Event
from audit.streams.destinations.contract import (
    NotDelivered,
    Settings,
    plain,
    trusting,
)
from kit import tls
from kit.outbound import OutboundFailed, OutboundRefused

PORT = 6514
_SECONDS = 15.0
_LOG_AUDIT = 13 * 8
_ERROR = 3
_SEVERITIES = {"success": 6, "refused": 4, "error": _ERROR}
_MESSAGES = {CHECKPOINT: "checkpoint", TEST: "test"}
# Custos has no number of its own; this one is for everybody's examples.
_STRUCTURE = "custos@32473"
_BOM = "\ufeff"


def deliver(batch: Batch, settings: Settings) -> Place:
    """Sends a batch over one connection, and waits until its end is answered."""
    frames = b"".join(_frames(batch))
    try:
        with tls.connected(
            host=settings["host"],
            port=int(settings.get("port") or PORT),
            seconds=_SECONDS,
            tls=trusting(settings.get("authority", "")),
        ) as connection:
            connection.send(frames)
            connection.end(must_answer=settings.get("ending") != "plain")
    except tls.NotAnswered as error:
        sentence = _("%s If its software never does, the stream can take that.")
        raise NotDelivered(sentence % plain(error)) from None
    except (OutboundFailed, OutboundRefused) as error:
        raise NotDelivered(plain(error)) from None
    return batch.through


def _frames(batch: Batch) -> Iterator[bytes]:
    for event in batch.events():
        line = _line(batch, event).encode()
        yield b"%d %s" % (len(line), line)


def _line(batch: Batch, event: Event) -> str:
    """One message. What names it comes first: receivers may cut long ones."""
    severity = _SEVERITIES.get(event.outcome, _ERROR)
    head = [
        f"<{_LOG_AUDIT + severity}>1",
        event.time.isoformat().replace("+00:00", "Z"),
        batch.log.origin.partition("/")[0],
        "custos",
        "-",
        _MESSAGES.get(event.type, "entry"),
        _structured(_named(batch, event)),
    ]
    return f"{' '.join(head)} {_message(event)}"


def _named(batch: Batch, event: Event) -> Mapping[str, object]:
    found: dict[str, object] = {
        "id": event.id,
        "type": event.type,
        "log": batch.log.origin,
    }
    if event.place is not None:
        found |= {"epoch": event.place[0], "index": event.place[1]}
    if event.type == CHECKPOINT:
        epoch, index = batch.through
        note = base64.b64encode(batch.checkpoint.encode()).decode()
        found |= {"epoch": epoch, "index": index, "checkpoint": note}
    return found


def _structured(values: Mapping[str, object]) -> str:
    """An element of structured data; three characters need a backslash there."""
    pairs = "".join(f' {name}="{_escaped(str(one))}"' for name, one in values.items())
    return f"[{_STRUCTURE}{pairs}]"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _message(event: Event) -> str:
    """JSON in ASCII; other text is marked as UTF-8 where it goes beyond."""
    if not isinstance(event.data, str):
        return json.dumps(event.data, separators=(",", ":"))
    return event.data if event.data.isascii() else _BOM + event.data
