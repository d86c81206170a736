"""Looks for what purges left: of each sweep, and in the blob store at large."""

from retention.probing.services.probing import probe_closed_sweeps
from retention.probing.services.strays import doom_strays

__all__ = ["doom_strays", "probe_closed_sweeps"]
