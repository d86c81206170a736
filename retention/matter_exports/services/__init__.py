"""Asks for exports of matters, writes them part by part, ends and hands them out."""

from retention.matter_exports.services.abandoned import end_abandoned
from retention.matter_exports.services.asking import (
    JOB_KIND,
    ReasonIsMissing,
    TooManyExports,
    ask,
)
from retention.matter_exports.services.fetching import delete, fetch
from retention.matter_exports.services.writing import Steps, write

__all__ = [
    "JOB_KIND",
    "ReasonIsMissing",
    "Steps",
    "TooManyExports",
    "ask",
    "delete",
    "end_abandoned",
    "fetch",
    "write",
]
