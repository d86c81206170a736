"""Puts the kinds that this layer knows into the table."""

from workspaces.decisions import table
from workspaces.decisions.kinds.features import Features, Models


def register() -> None:
    """Called when the app starts."""
    for kind in (_FEATURES, _MODELS):
        table.register(kind)


_FEATURES, _MODELS = Features(), Models()
