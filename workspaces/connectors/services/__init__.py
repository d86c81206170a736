"""The verbs of connectors: set up, link, hand out, cut, and revoke what is due."""

from workspaces.connectors.services.custom import (
    Asked,
    add,
    asked_address,
    delete,
    edit,
    preview_edit,
)
from workspaces.connectors.services.cutting import cut_grants, cut_of_leaver
from workspaces.connectors.services.linking import (
    Begun,
    ConnectorIsClosed,
    NotSetUp,
    Outcome,
    begin,
    finish,
    unlink,
)
from workspaces.connectors.services.releasing import Released, release
from workspaces.connectors.services.reviewing import review_due
from workspaces.connectors.services.revoking import make_due, make_one
from workspaces.connectors.services.settings import (
    BadSetting,
    ClientIsInUse,
    Preview,
    Wanted,
    change,
    preview,
    set_client,
    set_default_ask,
    wanted_of,
)
from workspaces.connectors.services.tools import Read, read_tools

__all__ = [
    "Asked",
    "BadSetting",
    "Begun",
    "ClientIsInUse",
    "ConnectorIsClosed",
    "NotSetUp",
    "Outcome",
    "Preview",
    "Read",
    "Released",
    "Wanted",
    "add",
    "asked_address",
    "begin",
    "change",
    "cut_grants",
    "cut_of_leaver",
    "delete",
    "edit",
    "finish",
    "make_due",
    "make_one",
    "preview",
    "preview_edit",
    "read_tools",
    "release",
    "review_due",
    "set_client",
    "set_default_ask",
    "unlink",
    "wanted_of",
]
