"""The demo people, from the one table that the portal owns.

Named as a dotted string: this process knows nothing else of the apps.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workspaces.signin.demo import (
        IDP_NAME,
        ORGANIZATIONS,
        PEOPLE,
        DemoOrganization,
        DemoPerson,
    )
else:
    _table = import_module("workspaces.signin.demo")
    IDP_NAME = _table.IDP_NAME
    ORGANIZATIONS = _table.ORGANIZATIONS
    PEOPLE = _table.PEOPLE
    DemoOrganization = _table.DemoOrganization
    DemoPerson = _table.DemoPerson

__all__ = ["IDP_NAME", "ORGANIZATIONS", "PEOPLE", "DemoOrganization", "DemoPerson"]
