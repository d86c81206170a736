"""Puts the kinds that this layer knows into the table."""

from workspaces.decisions import table
from workspaces.decisions.kinds.connectors import ConnectorActions, Connectors
from workspaces.decisions.kinds.features import Features, Models
from workspaces.decisions.kinds.gpts import Gpts, ThirdPartyGpts

_KINDS = (
    Features(),
    Models(),
    Gpts(),
    ThirdPartyGpts(),
    Connectors(),
    ConnectorActions(),
)


def register() -> None:
    """Called when the app starts."""
    for kind in _KINDS:
        table.register(kind)
