"""Splunk's HTTP Event Collector: JSON objects one after the other, under a token.

Splunk confirms with status 200 and code 0 in the body; any other answer confirms
nothing, and the whole batch comes again. Under a token with indexer acknowledgement
that means only that it was received, and comes with a number: the batch is delivered
once Splunk says of that number that it is indexed.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from audit.explorer.selectors import Place
from audit.streams.batches import Batch, Event
from audit.streams.destinations.contract import (
    NotDelivered,
    Settings,
    accepted,
    answered,
    below,
    host_in,
    object_in,
    posted,
)
from audit.streams.kinds import Format
from kit.outbound import Response

_PATH = "/services/collector/event"
_ACKS = "/services/collector/ack"
_TAKEN = 0
_INDEXED_SECONDS = 30.0
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds before Splunk is asked the first time, the second, …; then the last again."""


def deliver(batch: Batch, settings: Settings) -> Place:
    """Posts a batch as one request, and waits for its acknowledgement if there is."""
    told = [_envelope(batch, one) for one in batch.events()]
    body = "\n".join(json.dumps(one, separators=(",", ":")) for one in told)
    answer = answered(
        below(settings["url"], _PATH),
        body=body.encode(),
        headers=_headers(settings) | {"X-Splunk-Request-Channel": str(batch.stream)},
        settings=settings,
    )
    ack = _demand_taken(answer)
    if ack is not None:
        _wait_until_indexed(ack, batch, settings)
    return batch.through


def _headers(settings: Settings) -> dict[str, str]:
    return {
        "Authorization": f"Splunk {settings['token']}",
        "Content-Type": "application/json; charset=utf-8",
    }


def _wait_until_indexed(ack: int, batch: Batch, settings: Settings) -> None:
    """Splunk says so once, and knows nothing of it after it was restarted."""
    address = below(settings["url"].removesuffix("/").removesuffix(_PATH), _ACKS)
    until, pauses = time.monotonic() + _INDEXED_SECONDS, iter(_PAUSES)
    pause = _PAUSES[0]
    while time.monotonic() < until:
        time.sleep(pause := next(pauses, pause))
        answer = posted(
            f"{address}?channel={batch.stream}",
            body=json.dumps({"acks": [ack]}).encode(),
            headers=_headers(settings),
            settings=settings,
        )
        acks = (object_in(answer) or {}).get("acks")
        if isinstance(acks, Mapping) and acks.get(str(ack)) is True:
            return
    raise NotDelivered(
        _(
            "%s took the batch, but did not say in time that it is indexed."
            " It is sent again."
        )
        % host_in(answer)
    )


def _envelope(batch: Batch, event: Event) -> dict[str, Any]:
    """One event; `time` is in seconds, with milliseconds after the point."""
    return {
        "time": round(event.time.timestamp(), 3),
        "host": batch.log.origin.partition("/")[0],
        "source": batch.log.origin,
        "sourcetype": _sourcetype(batch, event),
        "event": event.data,
    }


def _sourcetype(batch: Batch, event: Event) -> str:
    """What an entry looks like; checkpoints and tests are the same in all formats."""
    if event.place is None:
        return event.type.replace(".", ":")
    if batch.format is Format.NATIVE:
        return "custos:audit"
    return f"custos:audit:{batch.format.value}"


def _demand_taken(answer: Response) -> int | None:
    """The number of the acknowledgement to wait for, where there will be one."""
    said = object_in(answer) or {}
    code, ack = said.get("code"), said.get("ackId")
    # False is 0 in Python, and no confirmation.
    if answer.status == 200 and type(code) is int and code == _TAKEN:
        if ack is None or type(ack) is int:
            return ack
    elif type(code) is int and code in (known := _refusals()):
        told = {"host": host_in(answer), "status": answer.status, "code": code}
        raise NotDelivered(known[code] % told)
    accepted(answer)
    raise NotDelivered(
        _("%s answered, but not as Splunk confirms a batch. Check the address.")
        % host_in(answer)
    )


def _refusals() -> dict[int, str]:
    """What Splunk's codes mean, and what helps; other answers go by their status."""
    damaged = _("%(host)s cannot read the batch (%(status)s, code %(code)s).")
    return {
        1: _(
            "The token is disabled in %(host)s (%(status)s, code 1). Enable it there."
        ),
        2: _("%(host)s got no token (%(status)s, code 2). Enter it again."),
        3: _("%(host)s cannot read the token (%(status)s, code 3). Enter it again."),
        4: _("%(host)s does not know the token (%(status)s, code 4). Enter it again."),
        5: damaged,
        6: damaged,
        7: _(
            "%(host)s has no such index for the token (%(status)s, code 7)."
            " Give the token a default index."
        ),
        10: damaged,
        11: damaged,
        12: damaged,
        13: damaged,
        15: damaged,
    }
