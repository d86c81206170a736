"""The questions of connectors: how each is set up, who linked what, who may use it."""

from workspaces.connectors.selectors.deciding import Standing, decide, standing
from workspaces.connectors.selectors.grants import (
    AtSource,
    UnknownReceipt,
    all_cut_grants,
    at_source,
    cut,
    cut_grants,
    cuts,
    grant_of,
    last_ends,
    outside,
    too_wide,
    working,
    working_counts,
)
from workspaces.connectors.selectors.settings import (
    UnknownConnector,
    app_of,
    by_id,
    default_ask,
    every,
    one,
    overdue_reviews,
)
from workspaces.connectors.setups import Setup

__all__ = [
    "AtSource",
    "Setup",
    "Standing",
    "UnknownConnector",
    "UnknownReceipt",
    "all_cut_grants",
    "app_of",
    "at_source",
    "by_id",
    "cut",
    "cut_grants",
    "cuts",
    "decide",
    "default_ask",
    "every",
    "grant_of",
    "last_ends",
    "one",
    "outside",
    "overdue_reviews",
    "standing",
    "too_wide",
    "working",
    "working_counts",
]
