"""What can be done with streams, one file per family of verbs."""

from audit.streams.services.acknowledging import NoGapToAcknowledge, acknowledge_gap
from audit.streams.services.changing import (
    MOST,
    Start,
    TooManyStreams,
    ask_test,
    change,
    create,
    pause,
    remove,
    renew_secret,
    replay,
    start,
)
from audit.streams.services.checking import Asked, NotAllowed, demand_open
from audit.streams.services.delivering import deliver_due, deliver_one

__all__ = [
    "MOST",
    "Asked",
    "NoGapToAcknowledge",
    "NotAllowed",
    "Start",
    "TooManyStreams",
    "acknowledge_gap",
    "ask_test",
    "change",
    "create",
    "deliver_due",
    "deliver_one",
    "demand_open",
    "pause",
    "remove",
    "renew_secret",
    "replay",
    "start",
]
