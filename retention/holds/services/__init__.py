"""Places holds, changes what they cover, and releases them."""

from retention.holds.services.editing import add, describe
from retention.holds.services.grace import GraceIsOutside, set_grace
from retention.holds.services.placing import (
    HoldCoversLess,
    HoldCoversNothing,
    MatterIsMissing,
    place,
)
from retention.holds.services.releasing import (
    HoldIsReleased,
    OverrideIsMissing,
    ReasonIsMissing,
    Released,
    release,
)
from retention.holds.services.requesting import (
    AlreadyRequested,
    OnlyPersonsRelease,
    RequestIsDecided,
    SecondPersonIsMissing,
    confirm_release,
    request_release,
    withdraw_request,
)

__all__ = [
    "AlreadyRequested",
    "GraceIsOutside",
    "HoldCoversLess",
    "HoldCoversNothing",
    "HoldIsReleased",
    "MatterIsMissing",
    "OnlyPersonsRelease",
    "OverrideIsMissing",
    "ReasonIsMissing",
    "Released",
    "RequestIsDecided",
    "SecondPersonIsMissing",
    "add",
    "confirm_release",
    "describe",
    "place",
    "release",
    "request_release",
    "set_grace",
    "withdraw_request",
]
