"""Splunk's HTTP Event Collector: JSON objects one after the other, under a token.

Splunk confirms with status 200 and code 0 in the body; any other answer confirms
nothing, and the whole batch comes again.
"""

import json
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
)
from audit.streams.kinds import Format
from kit.outbound import Response

_PATH = "/services/collector/event"
_TAKEN = 0


def deliver(batch: Batch, settings: Settings) -> Place:
    """Posts a batch as one request."""
    told = [_envelope(batch, one) for one in batch.events()]
    answer = answered(
        below(settings["url"], _PATH),
        body="\n".join(json.dumps(one, separators=(",", ":")) for one in told).encode(),
        headers={
            "Authorization": f"Splunk {settings['token']}",
            "Content-Type": "application/json; charset=utf-8",
        },
        settings=settings,
    )
    _demand_taken(answer)
    return batch.through


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


def _demand_taken(answer: Response) -> None:
    code = (object_in(answer) or {}).get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        code = None  # False is 0 in Python, and no confirmation.
    if answer.status == 200 and code == _TAKEN:
        return
    if code in (known := _refusals()):
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
        10: _(
            "The token of %(host)s wants acknowledgement (%(status)s, code 10)."
            " Turn that off for the token."
        ),
        12: damaged,
        13: damaged,
        15: damaged,
    }
